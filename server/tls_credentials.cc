#include "server/tls_credentials.h"

#include <string>
#include <utility>

#include "grpc/grpc.h"
#include "grpc/grpc_security.h"
#include "grpc/slice.h"
#include "grpcpp/security/auth_metadata_processor.h"

namespace fathom::server {
namespace {

using Processor = grpc::AuthMetadataProcessor;

// Hands the material to gRPC's one listener.
struct Source {
  std::shared_ptr<const TlsKeys> keys;
  // What the listener has; gRPC asks under a lock of its own.
  std::shared_ptr<const TlsKeys::Material> given;
};

// gRPC destroys it with its credentials, which live until the last connection
// has ended. It keeps alive what gRPC knows only by its address.
struct State {
  std::shared_ptr<Source> source;
  std::shared_ptr<Processor> processor;
};

grpc_ssl_certificate_config_reload_status Fetch(
    void* user_data, grpc_ssl_server_certificate_config** config) {
  auto* const source = static_cast<Source*>(user_data);
  std::shared_ptr<const TlsKeys::Material> material = source->keys->material();
  if (material == source->given) {
    return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_UNCHANGED;
  }
  const grpc_ssl_pem_key_cert_pair pair = {material->pair.key.c_str(),
                                           material->pair.certificate.c_str()};
  // gRPC wants authorities also where it asks callers for no certificate and
  // has no use for them.
  const std::string& authorities = material->client_ca.empty()
                                       ? material->pair.certificate
                                       : material->client_ca;
  *config =
      grpc_ssl_server_certificate_config_create(authorities.c_str(), &pair, 1);
  if (*config == nullptr) return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_FAIL;
  source->given = std::move(material);
  return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_NEW;
}

grpc::string_ref RefOf(const grpc_slice& slice) {
  return {reinterpret_cast<const char*>(GRPC_SLICE_START_PTR(slice)),
          GRPC_SLICE_LENGTH(slice)};
}

void ProcessMetadata(void* state, grpc_auth_context*,
                     const grpc_metadata* metadata, size_t size,
                     grpc_process_auth_metadata_done_cb done, void* user_data) {
  Processor::InputMetadata input;
  for (size_t i = 0; i < size; ++i) {
    input.emplace(RefOf(metadata[i].key), RefOf(metadata[i].value));
  }
  Processor::OutputMetadata consumed;
  Processor::OutputMetadata answered;
  const grpc::Status status = static_cast<State*>(state)->processor->Process(
      input, nullptr, &consumed, &answered);
  done(user_data, nullptr, 0, nullptr, 0,
       static_cast<grpc_status_code>(status.error_code()),
       status.error_message().c_str());
}

void DestroyState(void* state) { delete static_cast<State*>(state); }

class Credentials final : public grpc::ServerCredentials {
 public:
  explicit Credentials(std::shared_ptr<const TlsKeys> keys)
      : source_(std::make_shared<Source>(Source{std::move(keys), nullptr})) {
    const bool ask = !source_->keys->material()->client_ca.empty();
    credentials_ = grpc_ssl_server_credentials_create_with_options(
        grpc_ssl_server_credentials_create_options_using_config_fetcher(
            ask ? GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY
                : GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE,
            Fetch, source_.get()));
    // Without a function, every call is let through.
    grpc_server_credentials_set_auth_metadata_processor(
        credentials_, {nullptr, DestroyState, new State{source_, nullptr}});
  }
  ~Credentials() override { grpc_server_credentials_release(credentials_); }
  Credentials(const Credentials&) = delete;
  Credentials& operator=(const Credentials&) = delete;

  void SetAuthMetadataProcessor(
      const std::shared_ptr<Processor>& processor) override {
    grpc_server_credentials_set_auth_metadata_processor(
        credentials_,
        {ProcessMetadata, DestroyState, new State{source_, processor}});
  }

 private:
  int AddPortToServer(const std::string& address,
                      grpc_server* server) override {
    return grpc_server_add_http2_port(server, address.c_str(), credentials_);
  }

  const std::shared_ptr<Source> source_;
  grpc_server_credentials* credentials_ = nullptr;
};

}  // namespace

std::shared_ptr<grpc::ServerCredentials> MakeTlsCredentials(
    std::shared_ptr<const TlsKeys> keys) {
  return std::make_shared<Credentials>(std::move(keys));
}

}  // namespace fathom::server
