// commands.hpp - one function per command; each returns the program's exit status or throws.
#pragma once

#include "../context.hpp"
#include "../exit_code.hpp"

namespace cli {

ExitCode run_init(const Context& context);
ExitCode run_whoami(const Context& context);
ExitCode run_invite(const Context& context);
ExitCode run_add(const Context& context);
ExitCode run_verify(const Context& context);
ExitCode run_contacts(const Context& context);
ExitCode run_block(const Context& context);
ExitCode run_send(const Context& context);
ExitCode run_chat(const Context& context);
ExitCode run_recv(const Context& context);
ExitCode run_react(const Context& context);
ExitCode run_history(const Context& context);
ExitCode run_search(const Context& context);
ExitCode run_call_log(const Context& context);
ExitCode run_stats(const Context& context);
ExitCode run_doctor(const Context& context);
ExitCode run_export(const Context& context);
ExitCode run_import(const Context& context);
ExitCode run_relay(const Context& context);
ExitCode run_completion(const Context& context);

}  // namespace cli
