#include "services/detector/app/checkpoint.h"

#include <utility>

#include "absl/strings/str_format.h"

#include "veille/store/v1/checkpoint.pb.h"

#include "common/base/digest.h"
#include "services/detector/core/bytes.h"

namespace veille::detector {
namespace {

using store::v1::Checkpoint;

uint64_t DigestOf(const Checkpoint& checkpoint) {
  return StableHash64(absl::StrFormat("%d\n%s\n%s\n%d\n", checkpoint.generation(),
                                      checkpoint.home_id(), checkpoint.log_position(),
                                      checkpoint.envelopes_into_entry()) +
                      checkpoint.state());
}

// Nothing when the bytes are damaged.
std::unique_ptr<Checkpoint> Read(const std::string& bytes, const std::string& home_id) {
  auto checkpoint = std::make_unique<Checkpoint>();
  if (bytes.empty() || !checkpoint->ParseFromString(bytes) || checkpoint->format() != 1 ||
      checkpoint->home_id() != home_id || checkpoint->digest() != DigestOf(*checkpoint)) {
    return nullptr;
  }
  return checkpoint;
}

std::string PositionOf(const Checkpoint& checkpoint) {
  return checkpoint.log_position() + absl::StrFormat("/%d", checkpoint.envelopes_into_entry());
}

}  // namespace

std::string MakeCheckpoint(const std::string& home_id, uint64_t generation, const Position& judged,
                           std::string state) {
  Checkpoint checkpoint;
  checkpoint.set_format(1);
  checkpoint.set_home_id(home_id);
  checkpoint.set_log_position(judged.Entry());
  checkpoint.set_envelopes_into_entry(judged.envelopes);
  checkpoint.set_generation(generation);
  checkpoint.set_state(std::move(state));
  checkpoint.set_digest(DigestOf(checkpoint));
  return ToBytes(checkpoint);
}

LoadedCheckpoint LoadCheckpoint(const StoredHome& stored, const std::string& home_id,
                                const HomePlan& plan) {
  LoadedCheckpoint loaded;
  auto newer = Read(stored.a, home_id);
  auto older = Read(stored.b, home_id);
  if (newer == nullptr || (older != nullptr && older->generation() > newer->generation()))
    newer.swap(older);
  while (newer != nullptr) {
    absl::StatusOr<HomeState> state = HomeState::Parse(newer->state(), plan);
    absl::StatusOr<Position> position = Position::Parse(PositionOf(*newer));
    if (state.ok() && position.ok()) {
      loaded.state = std::make_unique<HomeState>(*std::move(state));
      loaded.judged = *position;
      loaded.generation = newer->generation();
      break;
    }
    newer = std::move(older);
  }
  // What the commit script compares says which position the newest generation must have.
  if (loaded.state == nullptr) {
    loaded.damage =
        "both generations are damaged; the home begins anew with what the log still has";
  } else if (PositionOf(*newer) != stored.position) {
    loaded.damage = "the newest generation is damaged; the one before it and the log are used";
  }
  return loaded;
}

}  // namespace veille::detector
