// The program `fathom`: see client/commands.
#include <iostream>
#include <string>
#include <vector>

#include "client/commands/commands.h"
#include "proto/shared/standard_streams.h"

int main(int argc, char** argv) {
  fathom::ReserveStandardStreams();
  return fathom::RunFathom(std::vector<std::string>(argv + 1, argv + argc),
                           std::cout, std::cerr);
}
