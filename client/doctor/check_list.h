#ifndef FATHOM_CLIENT_DOCTOR_CHECK_LIST_H_
#define FATHOM_CLIENT_DOCTOR_CHECK_LIST_H_

#include <vector>

#include "client/doctor/facts.h"
#include "client/doctor/finding.h"

// The functions of the table in checks.cc. Of each kind of facts there is a
// file.
namespace fathom::client::checks {

using Findings = std::vector<Finding>;

Findings Cores(const Facts& facts);
Findings InstructionSet(const Facts& facts);
Findings Memory(const Facts& facts);
Findings Descriptors(const Facts& facts);
Findings Threads(const Facts& facts);

Findings Configuration(const Facts& facts);
Findings Files(const Facts& facts);

Findings LedgerOpens(const Facts& facts);
Findings LedgerIntegrity(const Facts& facts);
Findings LedgerUse(const Facts& facts);
Findings LedgerWal(const Facts& facts);
Findings LedgerFreePages(const Facts& facts);
Findings LedgerFileSystem(const Facts& facts);
Findings LedgerDisk(const Facts& facts);
Findings LedgerAccess(const Facts& facts);
Findings LedgerLeftovers(const Facts& facts);

Findings ServerName(const Facts& facts);
Findings ServerPort(const Facts& facts);
Findings ServerTls(const Facts& facts);
Findings ServerCertificate(const Facts& facts);
Findings ServerToken(const Facts& facts);
Findings ServerClock(const Facts& facts);
Findings ServerVersions(const Facts& facts);
Findings ServerWorkers(const Facts& facts);
Findings ServerSpeed(const Facts& facts);
Findings ServerDisk(const Facts& facts);
Findings ServerSync(const Facts& facts);

}  // namespace fathom::client::checks

#endif  // FATHOM_CLIENT_DOCTOR_CHECK_LIST_H_
