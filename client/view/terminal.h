#ifndef FATHOM_CLIENT_VIEW_TERMINAL_H_
#define FATHOM_CLIENT_VIEW_TERMINAL_H_

namespace fathom::client {

// These functions describe what standard error is connected to. They ask anew
// on every call, because a window can change its size.
bool StandardErrorIsTerminal();
int TerminalWidth();  // In characters; 80 if unknown.

// Returns the width of the terminal that standard output is connected to, in
// characters, or 0 when that is no terminal.
int OutputWidth();

// Returns whether escape sequences for colours may be written to standard
// output: not where $NO_COLOR is set, and not to a terminal that has none.
bool OutputHasColours();

// Returns whether the locale of the environment writes UTF-8.
bool LocaleIsUtf8();

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_VIEW_TERMINAL_H_
