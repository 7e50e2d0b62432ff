#ifndef FATHOM_PROTO_SHARED_STANDARD_STREAMS_H_
#define FATHOM_PROTO_SHARED_STANDARD_STREAMS_H_

namespace fathom {

// Fills the descriptors of standard input, output and error if the program was
// started without some of them (`2>&-`). Otherwise the next file to be opened
// would get such a descriptor; if that is the ledger, the next line of the log
// would be written into it. From a filled descriptor nothing can be read, and
// writing to it fails.
//
// To be called first in main().
void ReserveStandardStreams();

}  // namespace fathom

#endif  // FATHOM_PROTO_SHARED_STANDARD_STREAMS_H_
