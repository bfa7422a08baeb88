// Memory for messages that are parsed, looked at and forgotten: a protobuf arena whose first block
// stays, so that parsing the next one allocates nothing unless it is larger than the block.
//
// One thread.

#ifndef COMMON_BASE_SCRATCH_ARENA_H_
#define COMMON_BASE_SCRATCH_ARENA_H_

#include <cstddef>
#include <memory>

#include "google/protobuf/arena.h"

namespace veille {

class ScratchArena {
 public:
  explicit ScratchArena(std::size_t bytes)
      : block_(new char[bytes]), arena_(OptionsOf(block_.get(), bytes)) {}

  // An empty message. The ones before stay until Forget().
  template <typename Message>
  Message& Make() {
    return *google::protobuf::Arena::CreateMessage<Message>(&arena_);
  }
  void Forget() { arena_.Reset(); }

 private:
  static google::protobuf::ArenaOptions OptionsOf(char* block, std::size_t bytes) {
    google::protobuf::ArenaOptions options;
    options.initial_block = block;
    options.initial_block_size = bytes;
    return options;
  }

  const std::unique_ptr<char[]> block_;
  google::protobuf::Arena arena_;
};

}  // namespace veille

#endif  // COMMON_BASE_SCRATCH_ARENA_H_
