#include "client/view/plots/plot_style.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace fathom::client {
namespace {

constexpr char kStyle[] =
    R"gp(set encoding utf8
set border 3 linecolor rgb "#555555" linewidth 0.8
set grid xtics ytics linecolor rgb "#e3e3e3" linewidth 0.6 linetype 1
set tics nomirror scale 0.6 textcolor rgb "#333333"
unset mxtics
unset mytics
unset key
set title offset 0,-0.4 font ",14" textcolor rgb "#000000"
)gp";

constexpr double kPointsPerInch = 72;

constexpr std::pair<PictureFormat, const char*> kEndings[] = {
    {PictureFormat::kSvg, "svg"},
    {PictureFormat::kPng, "png"},
    {PictureFormat::kPdf, "pdf"}};

}  // namespace

const char* PictureEnding(PictureFormat format) {
  for (const auto& [known, ending] : kEndings) {
    if (known == format) return ending;
  }
  return "";
}

std::optional<PictureFormat> PictureFormatOf(const std::string& path) {
  for (const auto& [format, ending] : kEndings) {
    if (absl::EndsWithIgnoreCase(path, absl::StrCat(".", ending))) {
      return format;
    }
  }
  return std::nullopt;
}

// The colours are those of viridis from dark to light, without its palest end.
std::string LineColour(size_t index, size_t count) {
  static constexpr int kViridis[][3] = {
      {68, 1, 84},    {72, 40, 120},  {62, 74, 137},  {49, 104, 142},
      {38, 130, 142}, {31, 158, 137}, {53, 183, 121}, {110, 206, 88}};
  constexpr double kLast = std::size(kViridis) - 1;
  const double at = count < 2 ? 3
                              : kLast * static_cast<double>(index) /
                                    static_cast<double>(count - 1);
  const auto low = static_cast<size_t>(std::min(at, kLast - 1));
  const double part = at - static_cast<double>(low);
  int rgb[3];
  for (int i = 0; i < 3; ++i) {
    rgb[i] = static_cast<int>(std::lround(kViridis[low][i] * (1 - part) +
                                          kViridis[low + 1][i] * part));
  }
  return absl::StrFormat("#%02x%02x%02x", rgb[0], rgb[1], rgb[2]);
}

std::string ColourOfLine(const Plot::Panel& panel, size_t l) {
  size_t count = panel.lines.size();
  size_t named = 0;
  for (const Plot::Line& line : panel.lines) {
    if (line.colour.has_value()) named = std::max(named, *line.colour + 1);
  }
  if (named > 0) count = named;
  return LineColour(panel.lines[l].colour.value_or(l), count);
}

std::string PlotTerminal(PictureFormat format, int width, int height) {
  if (format == PictureFormat::kSvg) {
    return absl::StrCat("set terminal svg size ", width, ",", height,
                        " noenhanced background \"white\" font "
                        "\"Helvetica,Arial,sans-serif,13\"\n");
  }
  if (format == PictureFormat::kPdf) {
    return absl::StrFormat(
        "set terminal pdfcairo size %.4fin,%.4fin noenhanced "
        "background \"white\" font \"sans,11\" linewidth 1\n",
        width / kPointsPerInch, height / kPointsPerInch);
  }
  // The png has twice the size, for sharp screens. Where gnuplot lacks cairo,
  // libgd draws it in the plain size.
  return absl::StrCat(
      "if (strstrt(GPVAL_TERMINALS, \"pngcairo\") > 0) {\n",
      "  set terminal pngcairo size ", 2 * width, ",", 2 * height,
      " noenhanced background \"white\" font \"sans,13\" fontscale 2 "
      "linewidth 2 pointscale 2\n",
      "} else {\n  set terminal png truecolor size ", width, ",", height,
      " noenhanced\n}\n");
}

std::string PlotStyle() { return kStyle; }

}  // namespace fathom::client
