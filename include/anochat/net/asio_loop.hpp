// anochat/net/asio_loop.hpp - network work on an application's own Boost.Asio executor. The one header that needs Boost
// (1.81 or later, the version that AnoChat was built with); <anochat/anochat.hpp> leaves it out.
#pragma once

#include <anochat/net/io_loop.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <memory>

namespace anochat {

/// The executor's context must run until what uses the loop has been stopped, by one thread or by several.
[[nodiscard]] std::shared_ptr<IoLoop> make_loop(const boost::asio::any_io_executor& executor);

}  // namespace anochat
