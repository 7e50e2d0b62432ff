#include "client/ui/http/listener.h"

#include <utility>
#include <vector>

#include "client/ui/http/headers.h"
#include "proto/shared/status.h"

namespace fathom::client {

absl::StatusOr<std::unique_ptr<Listener>> Listener::Start(Options options,
                                                          Door& door,
                                                          EventHub& hub) {
  ASSIGN_OR_RETURN(
      std::unique_ptr<Network> network,
      Network::Listen({.listen = options.listen, .tls = options.tls}));
  options.site.tls = !options.tls.certificate.empty();
  options.site.limits = options.limits;
  options.site.hosts.push_back(HostOf(options.listen));
  return std::unique_ptr<Listener>(
      new Listener(std::move(options), std::move(network), door, hub));
}

Listener::Listener(Options options, std::unique_ptr<Network> network,
                   Door& door, EventHub& hub)
    : limits_(options.limits),
      hub_(hub),
      site_(std::move(options.site), door, hub),
      network_(std::move(network)),
      port_(network_->port()),
      pool_(limits_.threads, limits_.threads_per_key, limits_.waiting),
      context_{*network_, site_, hub_, pool_, limits_},
      thread_([this] {
        network_->Run([this](std::shared_ptr<Stream> stream) {
          Accept(std::move(stream));
        });
      }) {}

Listener::~Listener() {
  network_->Post([this] { BeginStop(); });
  // After the connections have been told to finish, so that pages that come
  // again find nobody.
  hub_.Stop();
  all_over_.WaitForNotificationWithTimeout(limits_.stop);
  network_->Post([this] {
    ForEach([](Conversation& conversation) { conversation.Abort(); });
  });
  // What is still being answered finds out that nobody waits for it. The
  // network goes on meanwhile, as answers are handed to it.
  pool_.Stop();
  network_->Post([this] { network_->Stop(); });
  thread_.join();
}

void Listener::Accept(std::shared_ptr<Stream> stream) {
  if (is_stopping_ || !MakeRoom()) {
    stream->Close(/*in_order=*/false);
    return;
  }
  const int64_t id = ++last_id_;
  auto conversation = std::make_shared<Conversation>(
      context_, std::move(stream), [this, id] { OnEnd(id); });
  conversations_[id] = conversation;
  site_.SetConnections(static_cast<int64_t>(conversations_.size()));
  conversation->Start();
}

bool Listener::MakeRoom() {
  // Those that are being closed count; the new one is among them.
  if (network_->open_streams() <= limits_.connections) return true;
  std::shared_ptr<Conversation> longest_idle;
  for (const auto& [id, conversation] : conversations_) {
    if (conversation->is_idle() &&
        (longest_idle == nullptr ||
         conversation->idle_since() < longest_idle->idle_since())) {
      longest_idle = conversation;
    }
  }
  if (longest_idle == nullptr) return false;
  longest_idle->Abort();
  return true;
}

void Listener::OnEnd(int64_t id) {
  conversations_.erase(id);
  site_.SetConnections(static_cast<int64_t>(conversations_.size()));
  if (is_stopping_ && conversations_.empty()) all_over_.Notify();
}

void Listener::ForEach(const std::function<void(Conversation&)>& act) {
  std::vector<std::shared_ptr<Conversation>> conversations;
  for (const auto& [id, conversation] : conversations_) {
    conversations.push_back(conversation);
  }
  for (const auto& conversation : conversations) act(*conversation);
}

void Listener::BeginStop() {
  network_->StopListening();
  ForEach([](Conversation& conversation) { conversation.Finish(); });
  is_stopping_ = true;
  if (conversations_.empty()) all_over_.Notify();
}

}  // namespace fathom::client
