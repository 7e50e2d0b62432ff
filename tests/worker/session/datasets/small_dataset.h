#ifndef FATHOM_TESTS_WORKER_SESSION_DATASETS_SMALL_DATASET_H_
#define FATHOM_TESTS_WORKER_SESSION_DATASETS_SMALL_DATASET_H_

#include <string>

#include "proto/dataset/dataset.h"

namespace fathom::test {

// A dataset of `rows` rows, two features and a target, and what it is sent and
// stored as: 32 + 24 * rows bytes.
struct SmallDataset {
  explicit SmallDataset(int rows, double first = 0.5)
      : dataset{.rows = rows, .columns = 2, .targets = 1} {
    for (int i = 0; i < rows; ++i) {
      dataset.x.push_back(first + i);
      dataset.x.push_back(-i);
      dataset.y.push_back(i / 3.0);
    }
    bytes = EncodeDataset(dataset);
    digest = DatasetDigest(bytes);
    name = digest.substr(digest.find(':') + 1);
  }

  Dataset dataset;
  std::string bytes;
  std::string digest;
  std::string name;  // Of its file.
};

inline bool GoOn() { return true; }

}  // namespace fathom::test

#endif  // FATHOM_TESTS_WORKER_SESSION_DATASETS_SMALL_DATASET_H_
