#ifndef FATHOM_CLIENT_VIEW_TERMINAL_H_
#define FATHOM_CLIENT_VIEW_TERMINAL_H_

namespace fathom::client {

// What standard error is connected to; asked anew on every call, as a window
// can change its size.
bool StandardErrorIsTerminal();
int TerminalWidth();  // In characters; 80 when unknown.

// Returns the width of the terminal that standard output is connected to, in
// characters; 0 when it is none.
int OutputWidth();

// Returns whether the locale of the environment writes UTF-8.
bool LocaleIsUtf8();

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_VIEW_TERMINAL_H_
