// fit_falls FOLDER [--split FILE] [--out FILE]
//
// Fits the score of blows (services/detector/core/rules/fall_score.h) on the recordings of
// FOLDER/falls whose subjects the split says to tune on, and writes it as
// services/detector/core/rules/fall_trees.inc. Nobody else's recordings are read. Prints what the
// fit reaches on subjects that were left out of it, one fold of subjects at a time. The same
// recordings and split give the same file.

#include <algorithm>
#include <cmath>
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
using detector::FallView;
using detector::WornAt;

// Consecutive subjects lie in different folds: each faller of WEDA-FALL is left out alone.
constexpr int kFolds = 10;
constexpr int kRounds = 2;
// Where 0 of the written score lies, chosen by the table of subjects left out.
constexpr float kTrunkPoint = 2, kWristPoint = 1;
// Early, doubt is enough to wait for the later look.
constexpr float kEarlyDoubt = 2;
// Thresholds that are tried, in quarters.
constexpr int kFirstStep = 0, kLastStep = 12;
constexpr int kWristBags = 3;
constexpr double kBagShare = 0.8;
// Of the trunk's short recordings, at the wrist too: its fallers are few, and a fall is a fall.
constexpr float kLentWeight = 0.1F;
constexpr double kLentHours = 30.0 / 3600;
// Of a fall's recording, blows this near its strongest may be the fall.
constexpr int64_t kNearUs = 3'000'000;

// As recorded; as of elderly people; at a quarter or half of the rate; at 10 Hz or nearly; limited
// to ±4 g.
enum class Variant { kRaw, kSoft, kThin, kThinnest, kLimited };

const char* NameOf(Variant variant) {
  switch (variant) {
    case Variant::kRaw:
      return "as recorded";
    case Variant::kSoft:
      return "soft";
    case Variant::kThin:
      return "thin";
    case Variant::kThinnest:
      return "thinnest";
    case Variant::kLimited:
      return "limited";
  }
  return "";
}

std::vector<FallView> ViewsOf(WornAt place) {
  if (place == WornAt::kTrunk) return {FallView::kTrunk};
  return {FallView::kWristEarly, FallView::kWrist};
}

float PointOf(FallView view) {
  switch (view) {
    case FallView::kTrunk:
      return kTrunkPoint;
    case FallView::kWristEarly:
      return kWristPoint + kEarlyDoubt;
    case FallView::kWrist:
      return kWristPoint;
  }
  return 0;
}

// The blows of a recording that were looked at so.
struct Looks {
  std::vector<FallBlow> blows;
  // Of a fall: the blow that is taken for it, and the strongest.
  std::size_t chosen = 0, strongest = 0;
};

struct Take {
  WornAt place = WornAt::kWrist;
  Variant variant = Variant::kRaw;
  std::string set, subject, group;
  std::string activity;
  bool fall = false;
  bool lent = false;  // Worn elsewhere.
  double hours = 0;
  int fold = 0;
  std::map<FallView, Looks> looks;
};

std::vector<FallBlow> Trace(const domain::Recording& recording, WornAt place) {
  std::vector<FallBlow> blows;
  const auto plan = detector::HomePlan::Compile(recording.home);
  if (!plan.ok()) return blows;
  detector::FallConfig config = (*plan)->devices()[0].fall_config;
  config.place = place;
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
      if (out.empty()) continue;
      for (const FallView view : ViewsOf(place)) text += ToCode(view, Fit(view, -1));
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
      if (take.place == WornAt::kTrunk && take.hours <= kLentHours) Lend(take, *recording);
    }
  }

  void AddVariants(const Take& take, const domain::Recording& recording) {
    Add(take, Variant::kRaw, recording);
    const double rate = recording.events.empty()
                            ? 0
                            : static_cast<double>(recording.events[0].acceleration().rate_hz());
    if (take.fall) AddSoft(take, recording);
    domain::Recording changed;
    if (rate >= 40) {
      changed = recording;
      Thin(rate >= 90 ? 4 : 2, changed);
      Add(take, Variant::kThin, changed);
    }
    if (take.place == WornAt::kWrist && rate >= 40) {
      changed = recording;
      Thin(static_cast<int>(std::lround(rate / 10)), changed);
      Add(take, Variant::kThinnest, changed);
    }
    if (take.place == WornAt::kTrunk) {
      changed = recording;
      Limit(4, changed);
      Add(take, Variant::kLimited, changed);
    }
  }

  // To a peak of 1.8 to 3 g, by turns.
  void AddSoft(const Take& take, const domain::Recording& recording) {
    const double wanted = 1.8 + 0.3 * static_cast<double>(takes_.size() % 5);
    const double peak = PeakG(recording);
    if (peak <= wanted) return;
    domain::Recording soft = recording;
    Soften((wanted - 1) / (peak - 1), soft);
    Add(take, Variant::kSoft, soft);
  }

  // To the wrist's fit; never left out of it, never judged.
  void Lend(Take take, const domain::Recording& recording) {
    take.place = WornAt::kWrist;
    take.lent = true;
    take.fold = kFolds;
    Add(take, Variant::kRaw, recording);
    if (take.fall) AddSoft(take, recording);
  }

  void Add(Take take, Variant variant, const domain::Recording& recording) {
    take.variant = variant;
    for (const FallView view : ViewsOf(take.place)) take.looks[view];
    for (const FallBlow& blow : Trace(recording, take.place))
      take.looks[blow.view].blows.push_back(blow);
    if (take.fall)
      for (auto& [view, looks] : take.looks) KeepNearStrongest(looks);
    takes_.push_back(std::move(take));
  }

  // Of falls, only what is near the strongest blow: walking before it is neither.
  static void KeepNearStrongest(Looks& looks) {
    if (looks.blows.empty()) return;
    const auto strongest = std::max_element(
        looks.blows.begin(), looks.blows.end(),
        [](const FallBlow& a, const FallBlow& b) { return a.features[0] < b.features[0]; });
    const int64_t at = strongest->impact_us;
    std::vector<FallBlow> near;
    for (const FallBlow& blow : looks.blows) {
      if (std::abs(blow.impact_us - at) > kNearUs) continue;
      if (blow.impact_us == at) looks.strongest = near.size();
      near.push_back(blow);
    }
    looks.blows = std::move(near);
  }

  static BoostOptions Options(FallView view) {
    BoostOptions options;
    // An arm moves as it likes: there the recordings alone decide.
    if (view != FallView::kTrunk) {
      options.trees = 250;
      options.rate = 0.12F;
      options.feature_share = 0.3F;
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
  BoostModel Fit(FallView view, int without) {
    const int bags = view == FallView::kTrunk ? 1 : kWristBags;
    BoostModel mean;
    for (int bag = 0; bag < bags; ++bag) {
      BoostModel model = FitBag(view, without, bags == 1 ? 1 : kBagShare, bag);
      mean.bias += model.bias / static_cast<float>(bags);
      for (BoostTree& tree : model.trees) {
        for (float& leaf : tree.leaf) leaf /= static_cast<float>(bags);
        mean.trees.push_back(tree);
      }
    }
    return mean;
  }

  static float WeightOf(const Take& take) {
    if (take.lent) return kLentWeight;
    if (take.variant == Variant::kRaw) return 1;
    return take.variant == Variant::kSoft && take.place == WornAt::kWrist ? 1 : 0.5F;
  }

  // The blow of a fall's recording that is the fall is not known: the strongest at first, then the
  // one that the model of the round before finds the most like a fall.
  BoostModel FitBag(FallView view, int without, double share_of_takes, int bag) {
    SeededRandom random(static_cast<uint64_t>(bag) + 1);
    for (Take& take : takes_)
      for (auto& [name, looks] : take.looks) looks.chosen = looks.strongest;
    for (int round = 0;; ++round) {
      std::vector<BoostRow> rows;
      double positive = 0, negative = 0;
      for (const Take& take : takes_) {
        const auto found = take.looks.find(view);
        if (found == take.looks.end() || take.fold == without) continue;
        const Looks& looks = found->second;
        if (looks.blows.empty() || random.Unit() >= share_of_takes) continue;
        const float share = WeightOf(take);
        if (take.fall) {
          rows.push_back({&looks.blows[looks.chosen].features, true, share});
          positive += static_cast<double>(share);
          continue;
        }
        const auto n = static_cast<float>(looks.blows.size());
        for (const FallBlow& blow : looks.blows) {
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
      BoostOptions options = Options(view);
      options.seed = static_cast<uint64_t>(bag) + 1;
      BoostModel model = Boost(rows, options);
      if (round + 1 == kRounds) return model;
      for (Take& take : takes_) {
        const auto found = take.looks.find(view);
        if (found != take.looks.end() && take.fold != without && take.fall)
          Choose(model, found->second);
      }
    }
  }

  static void Choose(const BoostModel& model, Looks& looks) {
    float best = -1e9F;
    for (std::size_t i = 0; i < looks.blows.size(); ++i) {
      const float score = model.Score(looks.blows[i].features);
      if (score <= best) continue;
      best = score;
      looks.chosen = i;
    }
  }

  // Of each blow, how far it is beyond what its view asks for; the best of its looks.
  using Scores = std::map<int64_t, float>;

  void CrossValidate(WornAt place) {
    std::map<const Take*, Scores> scores;
    for (int fold = 0; fold < kFolds; ++fold) {
      for (const FallView view : ViewsOf(place)) {
        const BoostModel model = Fit(view, fold);
        for (const Take& take : takes_) {
          if (take.place != place || take.fold != fold) continue;
          Scores& scores_of = scores[&take];
          for (const FallBlow& blow : take.looks.at(view).blows) {
            const float score = model.Score(blow.features) - PointOf(view);
            float& best = scores_of.emplace(blow.impact_us, score).first->second;
            best = std::max(best, score);
          }
        }
      }
    }
    PrintByThreshold(place, scores);
    PrintBySubject(scores);
  }

  static int64_t Suspicions(const Scores& scores, float threshold) {
    return std::count_if(scores.begin(), scores.end(),
                         [&](const auto& score) { return score.second >= threshold; });
  }

  // A line a kind of recording: the share judged rightly at each threshold, suspicions an hour.
  static void PrintByThreshold(WornAt place, const std::map<const Take*, Scores>& scores) {
    const float point = PointOf(ViewsOf(place).back());
    std::map<std::string, std::map<int, std::array<double, 4>>> counts;
    for (const auto& [take, scores_of] : scores) {
      const std::string name = take->set + ", " + (take->fall ? "falls" : take->group + " daily") +
                               ", " + NameOf(take->variant);
      for (int step = kFirstStep; step <= kLastStep; ++step) {
        const int64_t suspicions = Suspicions(scores_of, static_cast<float>(step) / 4 - point);
        auto& [right, all, suspected, hours] = counts[name][step];
        right += (suspicions > 0) == take->fall ? 1 : 0;
        all += 1;
        suspected += static_cast<double>(suspicions);
        hours += take->fall ? 0 : take->hours;
      }
    }
    std::printf("%s, subjects left out of the fit; columns are thresholds, %.2f is taken\n%-38s",
                place == WornAt::kTrunk ? "waist" : "wrist", static_cast<double>(point), "");
    for (int step = kFirstStep; step <= kLastStep; ++step) std::printf(" %5.2f", step / 4.0);
    for (const auto& [name, steps] : counts) {
      std::printf("\n%-38s", name.c_str());
      for (const auto& [step, count] : steps) std::printf(" %5.3f", count[0] / count[1]);
      if (steps.begin()->second[3] <= 0) continue;
      std::printf("\n%-38s", "  suspected an hour");
      for (const auto& [step, count] : steps) std::printf(" %5.2f", count[2] / count[3]);
    }
    std::printf("\n");
  }

  // Who limits the figures: whoever is misjudged as recorded.
  static void PrintBySubject(const std::map<const Take*, Scores>& scores) {
    std::map<std::string, std::array<int, 4>> counts;
    for (const auto& [take, scores_of] : scores) {
      if (take->variant != Variant::kRaw) continue;
      auto& [missed, falls, taken, daily] = counts[take->set + "/" + take->subject];
      const bool suspected = Suspicions(scores_of, 0) > 0;
      missed += take->fall && !suspected ? 1 : 0;
      falls += take->fall ? 1 : 0;
      taken += !take->fall && suspected ? 1 : 0;
      daily += take->fall ? 0 : 1;
    }
    std::printf("misjudged there, as recorded\n");
    for (const auto& [subject, count] : counts) {
      if (count[0] + count[2] == 0) continue;
      std::printf("  %-20s %2d of %2d falls missed, %2d of %2d activities taken for falls\n",
                  subject.c_str(), count[0], count[1], count[2], count[3]);
    }
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

  static std::string ToCode(FallView view, const BoostModel& model) {
    const std::string name = view == FallView::kTrunk        ? "kTrunk"
                             : view == FallView::kWristEarly ? "kWristEarly"
                                                             : "kWrist";
    std::string code =
        "constexpr float " + name + "Bias = " + ToCode(model.bias - PointOf(view)) + ";\n";
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
