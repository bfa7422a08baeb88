// fit_falls FOLDER [--split FILE] [--out FILE]
//
// Fits the score of blows (services/detector/core/rules/fall_score.h) on the recordings of
// FOLDER/falls whose subjects the split says to tune on, and writes it as
// services/detector/core/rules/fall_trees.inc. Nobody else's recordings are read. Prints what the
// fit reaches on subjects that were left out of it, one fold of subjects at a time. The same
// recordings and split give the same file.

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>

#include "absl/strings/str_format.h"

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

constexpr int kFolds = 6;
// Of a fall's recording, blows this near its strongest may be the fall.
constexpr int64_t kNearUs = 3'000'000;

enum class Variant { kRaw, kSoft, kThin, kLimited, kThinSoft };

struct Take {
  WornAt place = WornAt::kWrist;
  Variant variant = Variant::kRaw;
  std::string set, subject, group;
  std::string activity;
  bool fall = false;
  double hours = 0;
  int fold = 0;
  std::vector<FallBlow> blows;
  std::size_t chosen = 0;  // Of a fall: the blow that is it.
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
      if (getenv("WRIST") && place == WornAt::kTrunk) continue;
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
    const double rate =
        recording.events.empty()
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
          take.blows.begin(), take.blows.end(), [](const FallBlow& a, const FallBlow& b) {
            return a.features[0] < b.features[0];
          });
      const int64_t at = strongest->impact_us;
      std::vector<FallBlow> near;
      for (const FallBlow& blow : take.blows) {
        if (std::abs(blow.impact_us - at) > kNearUs) continue;
        if (blow.impact_us == at) take.chosen = near.size();
        near.push_back(blow);
      }
      take.blows = std::move(near);
    }
    takes_.push_back(std::move(take));
  }

  static BoostOptions Options(WornAt place) {
    BoostOptions options;
    if (place == WornAt::kWrist) {
      options.trees = 200;
      options.signs = {};
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
    if (place == WornAt::kTrunk) sign(FallFeature::kTurnFromUsual) = 1;
    if (const char* t = getenv("TREES")) options.trees = atoi(t);
    if (const char* t = getenv("SEED")) options.seed = static_cast<uint64_t>(atoi(t));
    if (const char* t = getenv("RATE")) options.rate = static_cast<float>(atof(t));
    if (const char* t = getenv("L2")) options.l2 = static_cast<float>(atof(t));
    if (const char* t = getenv("LEASTW")) options.least_weight = static_cast<float>(atof(t));
    if (const char* t = getenv("FSHARE")) options.feature_share = static_cast<float>(atof(t));
    if (place == WornAt::kWrist) options.signs = {};
    return options;
  }

  BoostModel Fit(WornAt place, int without) {
    for (int round = 0;; ++round) {
      std::vector<BoostRow> rows;
      double positive = 0, negative = 0;
      for (const Take& take : takes_) {
        if (take.place != place || take.fold == without || take.blows.empty()) continue;
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
      const BoostModel model = Boost(rows, Options(place));
      if (round == 2) return model;
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
    std::map<const Take*, float> best;
    std::map<const Take*, std::vector<float>> scores;
    for (int fold = 0; fold < kFolds; ++fold) {
      const BoostModel model = Fit(place, fold);
      for (const Take& take : takes_) {
        if (take.place != place || take.fold != fold) continue;
        float most = -1e9F;
        for (const FallBlow& blow : take.blows) {
          const float score = model.Score(blow.features);
          most = std::max(most, score);
          scores[&take].push_back(score);
        }
        best[&take] = most;
      }
    }
    std::printf("%s\n", place == WornAt::kTrunk ? "trunk" : "wrist");
    {
      const std::string main_set = place == WornAt::kTrunk ? "sisfall" : "weda_fall";
      std::vector<double> neg, fall, soft, old, thin;
      double wisdm_hours = 0;
      std::vector<double> wisdm;
      for (const auto& [take, most] : best) {
        const auto m = static_cast<double>(most);
        if (take->set == "wisdm_watch" && take->variant == Variant::kRaw) {
          wisdm_hours += take->hours;
          for (float v : scores[take]) wisdm.push_back(static_cast<double>(v));
        }
        if (take->set != main_set) continue;
        if (take->fall && take->variant == Variant::kRaw) fall.push_back(m);
        if (take->fall && take->variant == Variant::kSoft) soft.push_back(m);
        if (take->fall && take->variant == Variant::kThin) thin.push_back(m);
        if (!take->fall && take->variant == Variant::kRaw) (take->group == "young" ? neg : old).push_back(m);
      }
      const auto share = [](const std::vector<double>& v, double t) {
        return static_cast<double>(std::count_if(v.begin(), v.end(), [&](double x) { return x >= t; })) / static_cast<double>(std::max<std::size_t>(1, v.size()));
      };
      double mean = 0;
      for (const double sp : {0.90, 0.925, 0.95, 0.97, 0.985}) {
        const double t = Quantile(neg, sp) + 1e-6;
        mean += share(fall, t) / 5;
        std::printf("  SP young %.3f: t %.2f SE %.3f thin %.3f soft %.3f SP elderly %.3f wisdm %.2f/h\n", sp, t, share(fall, t), share(thin, t), share(soft, t), 1 - share(old, t), share(wisdm, t) * static_cast<double>(wisdm.size()) / wisdm_hours);
      }
      std::printf("  mean SE %.4f\n", mean);
      if (const char* e = getenv("ERR")) {
        std::map<std::string, int> errors;
        for (const auto& [take, most] : best)
          if (take->set == main_set && take->variant == Variant::kRaw && (most >= atof(e)) != take->fall) ++errors[take->activity + " " + take->group];
        for (const auto& [k, v] : errors) std::printf("    %s: %d\n", k.c_str(), v);
      }
      if (getenv("BRIEF")) return;
    }
    for (double threshold = -2; threshold <= 4; threshold += 0.5) {
      std::map<std::string, std::array<double, 4>> counts;  // Hits, all, suspicions, hours.
      for (const auto& [take, most] : best) {
        static const char* const kNames[] = {"raw", "soft", "thin", "limited", "thinsoft"};
        auto& count = counts[take->set + "/" + (take->fall ? "fall" : take->group) + "/" +
                             kNames[static_cast<int>(take->variant)]];
        const bool hit = most >= static_cast<float>(threshold);
        count[0] += hit == take->fall ? 1 : 0;
        count[1] += 1;
        if (!take->fall) {
          for (const float score : scores[take])
            count[2] += score >= static_cast<float>(threshold) ? 1 : 0;
          count[3] += take->hours;
        }
      }
      std::printf("%5.1f:", threshold);
      for (const auto& [name, count] : counts) {
        std::printf(" %s %.3f", name.c_str(), count[0] / count[1]);
        if (count[3] > 0) std::printf(" (%.2f/h)", count[2] / count[3]);
      }
      std::printf("\n");
    }
  }

  static std::string ToCode(WornAt place, const BoostModel& model) {
    const std::string name = place == WornAt::kTrunk ? "kTrunk" : "kWrist";
    std::string code = absl::StrFormat("constexpr float %sBias = %.4gF;\n", name, model.bias);
    code += absl::StrFormat("constexpr std::array<Tree, %d> %sTrees = {{\n", model.trees.size(),
                            name);
    const auto list = [](const auto& values) {
      std::string out;
      for (const auto value : values) {
        if constexpr (std::is_same_v<std::decay_t<decltype(value)>, float>) {
          std::string number = absl::StrFormat("%.4g", std::min(value, 1e9F));
          if (number.find_first_of(".e") == std::string::npos) number += ".0";
          out += (out.empty() ? "" : ", ") + number + "F";
        } else {
          out += absl::StrFormat("%s%d", out.empty() ? "" : ", ", value);
        }
      }
      return "{" + out + "}";
    };
    for (const BoostTree& tree : model.trees) {
      code += "    {" + list(tree.feature) + ", " + list(tree.threshold) + ", " + list(tree.leaf) +
              "},\n";
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
