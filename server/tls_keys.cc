#include "server/tls_keys.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "proto/shared/status.h"

namespace fathom::server {

absl::StatusOr<std::shared_ptr<const TlsKeys::Material>> TlsKeys::ReadMaterial(
    const TlsFiles& files) {
  auto material = std::make_shared<Material>();
  ASSIGN_OR_RETURN(material->pair, ReadKeyPair(files.certificate, files.key));
  material->pair_end = EarliestEnd(material->pair.certificate);
  if (!files.client_ca.empty()) {
    ASSIGN_OR_RETURN(material->client_ca, ReadAuthorities(files.client_ca));
    material->client_ca_end = EarliestEnd(material->client_ca);
  }
  return material;
}

absl::StatusOr<std::unique_ptr<TlsKeys>> TlsKeys::Read(TlsFiles files) {
  ASSIGN_OR_RETURN(std::shared_ptr<const Material> material,
                   ReadMaterial(files));
  return std::unique_ptr<TlsKeys>(
      new TlsKeys(std::move(files), std::move(material)));
}

TlsKeys::TlsKeys(TlsFiles files, std::shared_ptr<const Material> material)
    : files_(std::move(files)),
      material_(std::move(material)),
      certificate_reminder_(
          absl::StrCat("the certificate ", files_.certificate)),
      client_ca_reminder_(
          absl::StrCat("the authority of callers, ", files_.client_ca, ",")) {}

absl::Status TlsKeys::Reload() {
  ASSIGN_OR_RETURN(std::shared_ptr<const Material> material,
                   ReadMaterial(files_));
  absl::MutexLock lock(&mutex_);
  material_ = std::move(material);
  return absl::OkStatus();
}

std::shared_ptr<const TlsKeys::Material> TlsKeys::material() const {
  absl::MutexLock lock(&mutex_);
  return material_;
}

std::vector<std::string> TlsKeys::Reminders(absl::Time now) {
  absl::MutexLock lock(&mutex_);
  std::vector<std::string> texts;
  const auto add = [&](std::optional<std::string> text) {
    if (text.has_value()) texts.push_back(*std::move(text));
  };
  add(certificate_reminder_.Remind(material_->pair_end, now));
  add(client_ca_reminder_.Remind(material_->client_ca_end, now));
  return texts;
}

}  // namespace fathom::server
