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

// Returns whether the locale of the environment writes UTF-8.
bool LocaleIsUtf8();

// Returns whether what is written to the descriptor may be coloured: to a
// terminal, unless $TERM is "dumb" or not set or $CLICOLOR is 0. $NO_COLOR
// forbids it everywhere, and else a $CLICOLOR_FORCE other than 0 allows it
// everywhere. Variables that are empty do not count.
bool MayColour(int descriptor);

}  // namespace fathom::client

#endif  // FATHOM_CLIENT_VIEW_TERMINAL_H_
