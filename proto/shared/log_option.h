#ifndef FATHOM_PROTO_SHARED_LOG_OPTION_H_
#define FATHOM_PROTO_SHARED_LOG_OPTION_H_

#include <string>

#include "CLI/CLI.hpp"
#include "proto/shared/log.h"

namespace fathom {

// Adds --log-format to a program that runs for long. The format counts from the
// moment on at which the option has been read.
inline void AddLogFormatOption(CLI::App& app) {
  app.add_option_function<std::string>(
         "--log-format",
         [](const std::string& name) {
           SetLogFormat(ReadLogFormat(name).value_or(LogFormat::kText));
         },
         "How the log on standard error looks: text, or json with an object "
         "per line, which has sweep, lease, worker, session, trace_id and "
         "span_id where they are known")
      ->envname(kLogFormatVariable)
      ->check(CLI::IsMember({"text", "json"}))
      ->type_name("text|json");
}

}  // namespace fathom

#endif  // FATHOM_PROTO_SHARED_LOG_OPTION_H_
