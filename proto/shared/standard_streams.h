#ifndef FATHOM_PROTO_SHARED_STANDARD_STREAMS_H_
#define FATHOM_PROTO_SHARED_STANDARD_STREAMS_H_

namespace fathom {

// Takes the places of those of standard input, output and error that the
// program was started without (`2>&-`). The next file to be opened would get
// them, and if that is the ledger, the next line of the log goes into it.
// What is then read from them has ended, and writing to them fails.
//
// To be called first thing in main().
void ReserveStandardStreams();

}  // namespace fathom

#endif  // FATHOM_PROTO_SHARED_STANDARD_STREAMS_H_
