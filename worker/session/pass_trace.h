#ifndef FATHOM_WORKER_SESSION_PASS_TRACE_H_
#define FATHOM_WORKER_SESSION_PASS_TRACE_H_

#include "grpcpp/client_context.h"
#include "proto/shared/log.h"
#include "proto/shared/trace_context.h"

namespace fathom::worker {

// Makes a call part of the trace that this thread works for (LogScope), if
// there is one. Other programs name traces as well, so it is checked.
inline void PassTraceOn(grpc::ClientContext* context) {
  const auto trace = ReadTraceparent(LogScope::Current().traceparent);
  if (trace.has_value()) {
    context->AddMetadata(kTraceparentKey, trace->ToHeader());
  }
}

}  // namespace fathom::worker

#endif  // FATHOM_WORKER_SESSION_PASS_TRACE_H_
