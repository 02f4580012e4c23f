// One content of every kind with every field filled, and the bytes it must have.
#pragma once

#include <anochat/framing/content.hpp>

#include "wire.hpp"

#include <vector>

namespace anochat::testing {

struct ContentExample {
  ContentKind kind;
  Content content;
  Wire wire;
};

/// The common fields of every example, without a kind.
Content common_content();
Wire common_wire();

/// Some bytes that no other field of the examples has.
Bytes filled(std::size_t len, std::uint8_t first);

/// A reference to some message.
content::MessageRef filled_ref();

Content content_with(content::Kind kind);

/// In the order of content::Kind.
std::vector<ContentExample> content_examples();

Bytes encoded(const Content& content);

}  // namespace anochat::testing
