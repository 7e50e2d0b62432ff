#include "client/commands/explain/explain_sweep.h"

#include "client/explain/sweep_story.h"
#include "client/view/message_json.h"
#include "client/view/table.h"

namespace fathom::client {

int ExplainSweep(Connection& connection, const v1::Sweep& sweep,
                 const Source& source, bool json, Invocation& invocation) {
  const absl::StatusOr<SweepStory> story = LoadSweepStory(connection, sweep);
  if (!story.ok()) return Fail(invocation, story.status());
  if (json) {
    WriteJson(StoryJson(*story), invocation.out);
  } else {
    invocation.out << WrapLines(StoryText(*story, SourceOption(source)),
                                invocation.width);
  }
  return kExitOk;
}

}  // namespace fathom::client
