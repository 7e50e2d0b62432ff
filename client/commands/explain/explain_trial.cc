#include "client/commands/explain/explain_trial.h"

#include "client/explain/trial_story.h"
#include "client/view/message_json.h"
#include "client/view/table.h"

namespace fathom::client {

int ExplainTrial(Connection& connection, const v1::Sweep& sweep, int64_t index,
                 const Source& source, bool json, Invocation& invocation) {
  const absl::StatusOr<TrialStory> story =
      LoadTrialStory(connection, sweep, index);
  if (!story.ok()) return Fail(invocation, story.status());
  if (json) {
    WriteJson(TrialStoryJson(sweep, *story), invocation.out);
  } else {
    invocation.out << WrapLines(
        TrialStoryText(sweep, *story, SourceOption(source)), invocation.width);
  }
  return kExitOk;
}

}  // namespace fathom::client
