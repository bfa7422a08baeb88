// fit_falls FOLDER [--split FILE] [--out FILE]
//
// Fits the score of blows (services/detector/core/rules/fall_score.h) on the recordings of
// FOLDER/falls whose subjects the split says to tune on, and writes it as
// services/detector/core/rules/fall_trees.inc. Nobody else's recordings are read. Prints what the
// fit reaches on subjects that were left out of it, one fold of subjects at a time. The same
// recordings and split give the same file.

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_format.h"

#include "common/base/random.h"
#include "services/detector/core/home_plan.h"
#include "services/domain/recordings/readers.h"
#include "tests/eval/boosting.h"
#include "tests/eval/falls.h"
#include "tests/eval/split.h"
#include "tests/eval/statistics.h"

namespace veille::eval {
namespace {

using detector::FallBlow;
using detector::FallFeature;
using detector::WornAt;

constexpr int kFolds = 8;
constexpr int kRounds = 2;
// Where 0 of the written score lies, chosen by the table of subjects left out.
constexpr float kTrunkPoint = 2, kWristPoint = 0.75F;
// Thresholds that are tried, in quarters.
constexpr int kFirstStep = 0, kLastStep = 12;
constexpr int kWristBags = 3;
constexpr double kBagShare = 0.8;
// Of a fall's recording, blows this near its strongest may be the fall.
constexpr int64_t kNearUs = 3'000'000;

// As recorded; as of elderly people; at a quarter or half of the rate; limited to ±4 g.
enum class Variant { kRaw, kSoft, kThin, kLimited };

struct Take {
  WornAt place = WornAt::kWrist;
  Variant variant = Variant::kRaw;
  std::string set, subject, group;
  std::string activity;
  bool fall = false;
  double hours = 0;
  int fold = 0;
  std::vector<FallBlow> blows;
  // Of a fall: the blow that is taken for it, and the strongest.
  std::size_t chosen = 0, strongest = 0;
};

std::vector<FallBlow> Trace(const domain::Recording& recording) {
  std::vector<FallBlow> blows;
  const auto plan = detector::HomePlan::Compile(recording.home);
  if (!plan.ok()) return blows;
  detector::FallConfig config = (*plan)->devices()[0].fall_config;
  config.trace = &blows;
  config.least_score = 1e9F;
  detector::FallDetector detector;
  std::vector<detector::FallEvent> ignored;
  for (const event::v1::Event& event : recording.events) {
    detector.Feed(config,
                  event.event_time().seconds() * 1000000 + event.event_time().nanos() / 1000,
                  event.acceleration().rate_hz(), event.acceleration().samples_mg(), ignored);
  }
  return blows;
}

class Fitter {
 public:
  void Load(const std::string& folder, const Split& split) {
    std::error_code ignored;
    std::vector<std::filesystem::path> sets;
    for (const auto& set : std::filesystem::directory_iterator(folder + "/falls", ignored))
      if (std::filesystem::exists(set.path() / "recordings.csv")) sets.push_back(set.path());
    std::sort(sets.begin(), sets.end());
    for (const auto& set : sets) LoadSet(set, split);
  }

  void Run(const std::string& out) {
    std::string text =
        "// Made by tests/eval/fit_falls; see fall_score.h. Not to be edited by hand.\n"
        "// clang-format off\n";
    for (const WornAt place : {WornAt::kTrunk, WornAt::kWrist}) {
      CrossValidate(place);
      if (!out.empty()) text += ToCode(place, Fit(place, -1));
    }
    if (out.empty()) return;
    std::ofstream file(out);
    file << text << "// clang-format on\n";
  }

 private:
  void LoadSet(const std::filesystem::path& folder, const Split& split) {
    domain::ReadReport report;
    const auto clips = domain::ListClips(folder.string(), report);
    if (!clips.ok()) return;
    const std::string set = folder.filename().string();
    for (const domain::Clip& clip : *clips) {
      if (!split.IsTunedOn(set, clip.subject)) continue;
      const auto recording = domain::ReadClip(clip);
      if (!recording.ok()) continue;
      Take take;
      take.place = clip.position == "wrist" ? WornAt::kWrist : WornAt::kTrunk;
      take.set = set;
      take.subject = clip.subject;
      take.group = clip.group;
      take.activity = clip.activity;
      take.fall = clip.label == "fall";
      take.hours = absl::ToDoubleHours(recording->end - recording->start);
      const auto& fold = folds_.emplace(set + "/" + clip.subject, folds_.size()).first->second;
      take.fold = static_cast<int>(fold % kFolds);
      // The clips of this set end too soon to teach what a fall is.
      if (set == "smartfallmm" && take.fall) continue;
      AddVariants(take, *recording);
    }
  }

  void AddVariants(const Take& take, const domain::Recording& recording) {
    Add(take, Variant::kRaw, recording);
    const double rate = recording.events.empty()
                            ? 0
                            : static_cast<double>(recording.events[0].acceleration().rate_hz());
    domain::Recording changed;
    if (take.fall) {
      // To a peak of 1.8 to 3 g, by turns.
      const double wanted = 1.8 + 0.3 * static_cast<double>(takes_.size() % 5);
      const double peak = PeakG(recording);
      if (peak > wanted) {
        changed = recording;
        Soften((wanted - 1) / (peak - 1), changed);
        Add(take, Variant::kSoft, changed);
      }
    }
    if (rate >= 40) {
      changed = recording;
      Thin(rate >= 90 ? 4 : 2, changed);
      Add(take, Variant::kThin, changed);
    }
    if (take.place == WornAt::kTrunk) {
      changed = recording;
      Limit(4, changed);
      Add(take, Variant::kLimited, changed);
    }
  }

  void Add(Take take, Variant variant, const domain::Recording& recording) {
    take.variant = variant;
    take.blows = Trace(recording);
    // Of falls, only what is near the strongest blow: walking before it is neither.
    if (take.fall && !take.blows.empty()) {
      const auto strongest = std::max_element(
          take.blows.begin(), take.blows.end(),
          [](const FallBlow& a, const FallBlow& b) { return a.features[0] < b.features[0]; });
      const int64_t at = strongest->impact_us;
      std::vector<FallBlow> near;
      for (const FallBlow& blow : take.blows) {
        if (std::abs(blow.impact_us - at) > kNearUs) continue;
        if (blow.impact_us == at) take.strongest = near.size();
        near.push_back(blow);
      }
      take.blows = std::move(near);
    }
    takes_.push_back(std::move(take));
  }

  static BoostOptions Options(WornAt place) {
    BoostOptions options;
    // An arm moves as it likes: there the recordings alone decide.
    if (place == WornAt::kWrist) {
      options.trees = 150;
      return options;
    }
    const auto sign = [&](FallFeature feature) -> int8_t& {
      return options.signs[static_cast<std::size_t>(feature)];
    };
    sign(FallFeature::kTurn) = 1;
    sign(FallFeature::kWidestTurn) = 1;
    sign(FallFeature::kTurnFromNear) = 1;
    sign(FallFeature::kUnrest) = -1;
    sign(FallFeature::kUnrestLate) = -1;
    sign(FallFeature::kRolling) = -1;
    sign(FallFeature::kLastJerk) = -1;
    sign(FallFeature::kRepeats) = -1;
    sign(FallFeature::kRhythmAfter) = -1;
    sign(FallFeature::kSecondBlow) = -1;
    sign(FallFeature::kUnrestSince) = -1;
    sign(FallFeature::kTurningAfter) = -1;
    sign(FallFeature::kQuietWindows) = 1;
    sign(FallFeature::kLeastSample) = -1;
    sign(FallFeature::kFreeFall) = -1;
    sign(FallFeature::kLostWeight) = 1;
    sign(FallFeature::kTurnFromUsual) = 1;
    return options;
  }

  // Without one fold of subjects; −1: with all. At the wrist the mean of several models, each
  // fitted without a fifth of the recordings: one alone follows its few fallers too closely.
  BoostModel Fit(WornAt place, int without) {
    const int bags = place == WornAt::kWrist ? kWristBags : 1;
    BoostModel mean;
    for (int bag = 0; bag < bags; ++bag) {
      BoostModel model = FitBag(place, without, bags == 1 ? 1 : kBagShare, bag);
      mean.bias += model.bias / static_cast<float>(bags);
      for (BoostTree& tree : model.trees) {
        for (float& leaf : tree.leaf) leaf /= static_cast<float>(bags);
        mean.trees.push_back(tree);
      }
    }
    return mean;
  }

  // The blow of a fall's recording that is the fall is not known: the strongest at first, then the
  // one that the model of the round before finds the most like a fall.
  BoostModel FitBag(WornAt place, int without, double share_of_takes, int bag) {
    SeededRandom random(static_cast<uint64_t>(bag) + 1);
    for (Take& take : takes_) take.chosen = take.strongest;
    for (int round = 0;; ++round) {
      std::vector<BoostRow> rows;
      double positive = 0, negative = 0;
      for (const Take& take : takes_) {
        if (take.place != place || take.fold == without || take.blows.empty()) continue;
        if (random.Unit() >= share_of_takes) continue;
        const float share = take.variant == Variant::kRaw ? 1 : 0.5F;
        if (take.fall) {
          rows.push_back({&take.blows[take.chosen].features, true, share});
          positive += static_cast<double>(share);
          continue;
        }
        const auto n = static_cast<float>(take.blows.size());
        for (const FallBlow& blow : take.blows) {
          rows.push_back({&blow.features, false, share / std::sqrt(n)});
          negative += static_cast<double>(share / std::sqrt(n));
        }
      }
      const auto balance = static_cast<float>(negative / std::max(positive, 1e-9));
      for (BoostRow& row : rows)
        if (row.positive) row.weight *= balance;
      // Weights are relative: as many as there are rows.
      const auto mean = static_cast<float>(2 * negative / static_cast<double>(rows.size()));
      for (BoostRow& row : rows) row.weight /= mean;
      BoostOptions options = Options(place);
      options.seed = static_cast<uint64_t>(bag) + 1;
      BoostModel model = Boost(rows, options);
      if (round + 1 == kRounds) return model;
      for (Take& take : takes_) {
        if (take.place != place || take.fold == without || !take.fall) continue;
        float best = -1e9F;
        for (std::size_t i = 0; i < take.blows.size(); ++i) {
          const float score = model.Score(take.blows[i].features);
          if (score <= best) continue;
          best = score;
          take.chosen = i;
        }
      }
    }
  }

  void CrossValidate(WornAt place) {
    std::map<const Take*, std::vector<float>> scores;
    for (int fold = 0; fold < kFolds; ++fold) {
      const BoostModel model = Fit(place, fold);
      for (const Take& take : takes_) {
        if (take.place != place || take.fold != fold) continue;
        scores[&take];
        for (const FallBlow& blow : take.blows) scores[&take].push_back(model.Score(blow.features));
      }
    }
    // A line a kind of recording: the share judged rightly at each threshold, suspicions an hour.
    std::map<std::string, std::map<int, std::array<double, 4>>> counts;
    for (const auto& [take, scores_of] : scores) {
      static const char* const kNames[] = {"as recorded", "soft", "thin", "limited"};
      const std::string name = take->set + ", " + (take->fall ? "falls" : take->group + " daily") +
                               ", " + kNames[static_cast<int>(take->variant)];
      for (int step = kFirstStep; step <= kLastStep; ++step) {
        const float threshold = static_cast<float>(step) / 4;
        const auto suspicions = std::count_if(scores_of.begin(), scores_of.end(),
                                              [&](float score) { return score >= threshold; });
        auto& [right, all, suspected, hours] = counts[name][step];
        right += (suspicions > 0) == take->fall ? 1 : 0;
        all += 1;
        suspected += static_cast<double>(suspicions);
        hours += take->fall ? 0 : take->hours;
      }
    }
    std::printf("%s, subjects left out of the fit; columns are thresholds\n%-34s",
                place == WornAt::kTrunk ? "waist" : "wrist", "");
    for (int step = kFirstStep; step <= kLastStep; ++step) std::printf(" %5.2f", step / 4.0);
    for (const auto& [name, steps] : counts) {
      std::printf("\n%-34s", name.c_str());
      for (const auto& [step, count] : steps) std::printf(" %5.3f", count[0] / count[1]);
      if (steps.begin()->second[3] <= 0) continue;
      std::printf("\n%-34s", "  suspected an hour");
      for (const auto& [step, count] : steps) std::printf(" %5.2f", count[2] / count[3]);
    }
    std::printf("\n");
  }

  static std::string ToCode(float value) {
    std::string number = absl::StrFormat("%.4g", std::min(value, 1e9F));
    if (number.find_first_of(".e") == std::string::npos) number += ".0";
    return number + "F";
  }
  static std::string ToCode(uint8_t value) { return std::to_string(value); }

  template <typename Values>
  static std::string ListOf(const Values& values) {
    std::string out;
    for (const auto value : values) out += (out.empty() ? "" : ", ") + ToCode(value);
    return "{" + out + "}";
  }

  static std::string ToCode(WornAt place, const BoostModel& model) {
    const std::string name = place == WornAt::kTrunk ? "kTrunk" : "kWrist";
    const float bias = model.bias - (place == WornAt::kTrunk ? kTrunkPoint : kWristPoint);
    std::string code = "constexpr float " + name + "Bias = " + ToCode(bias) + ";\n";
    code += "constexpr std::array<Tree, " + std::to_string(model.trees.size()) + "> " + name +
            "Trees = {{\n";
    for (const BoostTree& tree : model.trees) {
      code += "    {" + ListOf(tree.feature) + ", " + ListOf(tree.threshold) + ", " +
              ListOf(tree.leaf) + "},\n";
    }
    return code + "}};\n";
  }

  std::vector<Take> takes_;
  std::map<std::string, std::size_t> folds_;
};

}  // namespace
}  // namespace veille::eval

int main(int argc, char** argv) {
  std::string folder, split, out;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    std::string* value = argument == "--split" ? &split : argument == "--out" ? &out : nullptr;
    if (value != nullptr && i + 1 < argc) {
      *value = argv[++i];
    } else if (value == nullptr && folder.empty()) {
      folder = argument;
    } else {
      folder.clear();
      break;
    }
  }
  const veille::eval::Split read = veille::eval::ReadSplit(split);
  if (folder.empty() || !std::filesystem::is_directory(folder)) {
    std::fprintf(stderr, "usage: fit_falls FOLDER [--split FILE] [--out FILE]\n");
    return 2;
  }
  veille::eval::Fitter fitter;
  fitter.Load(folder, read);
  fitter.Run(out);
  return 0;
}
