#include "tests/unit/tidy/tidy.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <regex>

namespace veille::tidy {
namespace {

// What the files of a layer may include: `allowed` is matched against the path between the quotes.
// Brackets are the standard library's and the system's, which kBans narrows.
struct Layer {
  const char* where;
  const char* allowed;
  const char* why;
};

// $1 is what `where` captured: the role.
constexpr Layer kLayers[] = {
    {R"(services/(\w+)/core/)",
     R"((services/($1/core|domain)|veille/\w+/v1|common/(base|crypto))/.*)"
     R"(|common/time/(local_time|weekly_window)\.h)"
     R"(|absl/(container|status|strings)/.*|absl/time/time\.h|google/protobuf/.*)",
     "core is pure: messages, containers and its own files only"},
    {R"(services/(\w+)/app/)",
     R"((services/($1/(core|app)|domain)|veille/\w+/v1)/.*)"
     R"(|common/(base|crypto|log|metrics|pki|retry|sync|time)/.*)"
     R"(|absl/.*|google/(protobuf|rpc)/.*)",
     "app knows its core and its ports: no adapter, no gRPC, no Redis"},
    {R"(services/(\w+)/adapters/)",
     R"((services/($1/(core|app|adapters|scripts)|domain)|veille/\w+/v1|common/\w+)/.*)"
     R"(|absl/.*|google/.*|grpcpp/.*)",
     "adapters know their own role only"},
    {R"(services/(gateway|detector|identity|notifier|care)/\w+\.)",
     R"((services/($1|domain)|veille/\w+/v1|common/\w+)/.*|absl/.*|google/.*|grpcpp/.*)",
     "roles never include one another"},
    {R"(services/domain/)", R"((services/domain|veille/\w+/v1|common/\w+)/.*|absl/.*|google/.*)",
     "what several roles know does not know the roles"},
    {R"(services/hub/)",
     R"((services/(hub|domain)|veille/\w+/v1|common/\w+)/.*|absl/.*|google/.*|grpcpp/.*)",
     "the hub speaks with the service through protos only"},
    {R"(services/client/)",
     R"((services/(client|hub|domain|detector/core)|veille/\w+/v1|common/\w+)/.*)"
     R"(|absl/.*|google/.*|grpcpp/.*)",
     "of the roles, clients link the pure rules only"},
    {R"(common/base/)", R"(common/base/.*|absl/.*|google/.*)", "base stands on nothing of ours"},
    {R"(common/(limit|sync|time)/)", R"(common/(base|limit|sync|time)/.*|absl/.*)",
     "common goes downward"},
    {R"(common/(log|metrics|retry)/)",
     R"(common/(base|sync|time|log|metrics|retry)/.*|absl/.*|google/.*)", "common goes downward"},
    {R"(common/crypto/)", R"(common/(base|crypto)/.*|absl/.*)", "cryptography is pure"},
    {R"(common/pki/)", R"(common/(base|crypto|pki)/.*|absl/.*)", "common goes downward"},
    {R"(common/transfer/)", R"(common/(base|sync|time|log|transfer)/.*|absl/.*)",
     "common goes downward"},
    {R"(common/sip/)", R"(common/(base|sync|time|transfer|sip)/.*|absl/.*)",
     "common goes downward"},
    {R"(common/config/)", R"(common/(base|sync|time|log|config)/.*|absl/.*|google/.*)",
     "common goes downward"},
    {R"(common/(redis|rpc)/)",
     R"(common/(base|limit|sync|time|log|metrics|retry|config|pki|$1)/.*|absl/.*|google/.*)"
     R"(|grpcpp/.*)",
     "common goes downward; Redis and gRPC do not know one another"},
    {R"(common/app/)", R"(common/.*|absl/.*|google/.*|grpcpp/.*)", "common knows no service"},
};

// What may not stand in the code of `where`, but for `except`. Comments and literals do not count.
struct Ban {
  const char* where;
  const char* except;
  const char* pattern;
  const char* why;
};

constexpr Ban kBans[] = {
    {"(common|services|tests)/", "common/time/",
     R"(absl::Now\(|(system|steady|high_resolution)_clock::now|\bgettimeofday\(|\bclock_gettime\()",
     "take a Clock or a `now`: time is injected"},
    {"services/", "services/(gateway|identity|notifier)/adapters/.*service\\.cc",
     R"((->|\.)Finish\([^)])", "only common/rpc and unary handlers finish a call"},
    {"services/", "", R"(\bStart(Read|Write|WritesDone|Call)\()",
     "only common/rpc drives a stream"},
    {"(common|services|tests)/", "", R"(\busing namespace\b)", "spell names out"},
    {"(common|services)/", "common/sync/", R"(\bstd::(jthread|thread|async)\b|\bpthread_create\()",
     "threads start in common/sync only"},
    {"(common|services|tests)/", "common/sync/",
     R"(\bstd::(mutex|condition_variable)\b|absl::Mutex\b)",
     "use common/sync: thread-safety analysis and ThreadSanitizer both know it"},
    {"(common|services|tests)/", "common/time/",
     R"(\babsl::SleepFor\(|\bsleep_(for|until)\(|\b(u|nano)?sleep\()", "sleep through common/time"},
    {"(common|services)/",
     "common/time/|services/hub/player\\.cc|services/client/(care_client|hub_command)\\.cc|"
     "services/veille/(play|child_service)\\.cc",
     R"(\bSleepReally\()", "services wait on conditions; only commands that people run sleep"},
    {"(common|services)/", "", R"(\bdelete\b\s*(\[\]|[A-Za-z_]))", "an owner deletes"},
    // Private constructors are reached by a factory: `std::unique_ptr<T> t(new T(…))`. What is
    // static and never ends is not owned.
    {"(common|services)/", "", R"(^(?!.*\bstatic\b).*(=|\breturn|[;,{])\s*new\b)",
     "make_unique, or straight into an owner"},
    {"services/\\w+/core/", "",
     R"(#include <(thread|mutex|atomic|chrono|condition_variable|future)>)",
     "core has no clock, no thread, no lock"},
    {"services/\\w+/core/", "",
     R"(#include <(iostream|fstream|filesystem|cstdio|unistd\.h|random)>)",
     "core has no input, no output, no chance"},
    {"services/\\w+/(core|app)/", "", R"(#include <(hiredis|grpcpp))", "Redis and gRPC are edges"},
    {"(common|services)/", "", R"(\bthrow\b|\btry \{|\bcatch \()", "errors are a Status"},
};

// Text that may not stand anywhere, in any file.
constexpr Ban kEverywhere[] = {
    {"", R"(\.ci/)", R"(\.\./shared)", "only CI knows what lies beside the repository"},
};

// Each pattern is compiled once: that takes longer than to judge a file.
const std::regex& Compiled(std::string_view pattern) {
  static auto* compiled = new std::map<std::string, std::regex>();
  auto [found, added] = compiled->try_emplace(std::string(pattern));
  if (added)
    found->second = std::regex(found->first, std::regex::ECMAScript | std::regex::optimize);
  return found->second;
}

bool StartsWith(const std::string& path, const char* pattern, std::smatch* match = nullptr) {
  std::smatch unused;
  return std::regex_search(path, match == nullptr ? unused : *match, Compiled(pattern),
                           std::regex_constants::match_continuous);
}

std::vector<std::string> Lines(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    lines.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return lines;
}

// The line without its comment and without what stands in literals. Block comments are not ours.
std::string Code(const std::string& line) {
  if (line.rfind("#include", 0) == 0) return line;
  std::string code;
  char quote = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (quote != 0) {
      if (c == '\\') ++i;
      if (c == quote) quote = 0;
      continue;
    }
    if (c == '/' && i + 1 < line.size() && line[i + 1] == '/') break;
    // 1'000'000 is no literal of characters.
    if (c == '"' ||
        (c == '\'' && (i == 0 || std::isalnum(static_cast<unsigned char>(line[i - 1])) == 0))) {
      quote = c;
    }
    code += c;
  }
  return code;
}

int Columns(const std::string& line) {
  return static_cast<int>(std::count_if(line.begin(), line.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;  // Not inside a character of UTF-8.
  }));
}

class Report {
 public:
  explicit Report(const std::string& path) : path_(path) {}
  void Add(std::size_t index, const std::string& why) {
    faults_.push_back(path_ + ":" + std::to_string(index + 1) + ": " + why);
  }
  std::vector<std::string> Take() { return std::move(faults_); }

 private:
  const std::string& path_;
  std::vector<std::string> faults_;
};

void CheckLayers(const std::string& path, const std::vector<std::string>& lines, Report& report) {
  const std::regex include(R"re(#include "([^"]+)")re");
  for (const Layer& layer : kLayers) {
    std::smatch role;
    if (!StartsWith(path, layer.where, &role)) continue;
    std::string allowed = layer.allowed;
    for (std::size_t at; (at = allowed.find("$1")) != std::string::npos;) {
      allowed.replace(at, 2, role.size() > 1 ? role[1].str() : "");
    }
    const std::regex& may = Compiled(allowed);
    for (std::size_t i = 0; i < lines.size(); ++i) {
      std::smatch what;
      if (!std::regex_search(lines[i], what, include)) continue;
      if (!std::regex_match(what[1].str(), may)) report.Add(i, what[1].str() + ": " + layer.why);
    }
  }
}

template <std::size_t kCount>
void CheckBans(const std::string& path, const std::vector<std::string>& lines,
               const Ban (&bans)[kCount], Report& report) {
  for (const Ban& ban : bans) {
    if (!StartsWith(path, ban.where)) continue;
    if (*ban.except != 0 && StartsWith(path, ban.except)) continue;
    const std::regex& pattern = Compiled(ban.pattern);
    for (std::size_t i = 0; i < lines.size(); ++i) {
      if (std::regex_search(lines[i], pattern)) report.Add(i, ban.why);
    }
  }
}

void CheckGuard(const std::string& path, const std::vector<std::string>& lines, Report& report) {
  std::string guard;
  for (const char c : path) {
    guard += std::isalnum(static_cast<unsigned char>(c)) != 0
                 ? static_cast<char>(std::toupper(static_cast<unsigned char>(c)))
                 : '_';
  }
  guard += '_';
  if (std::find(lines.begin(), lines.end(), "#ifndef " + guard) == lines.end()) {
    report.Add(0, "the header guard is its path: " + guard);
  }
}

// A function at namespace level starts in the first column and ends with a lone brace there:
// clang-format sees to it. Lambdas and methods inside a class are part of what holds them.
void CheckLengths(const std::vector<std::string>& lines, Report& report) {
  const std::regex other(R"((namespace|class|struct|enum|union|extern|#|//|constexpr|const)\b.*)");
  std::size_t start = lines.size();
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const std::string& line = lines[i];
    if (line == "}") {
      const std::size_t length = start < i ? i - start + 1 : 0;
      if (length > static_cast<std::size_t>(kMaxFunctionLines)) {
        report.Add(start, "a function of " + std::to_string(length) + " lines, more than " +
                              std::to_string(kMaxFunctionLines) + ": split it");
      }
      start = lines.size();
    } else if (line.empty() || line.back() == ';') {
      if (!line.empty() && line[0] != ' ') start = lines.size();
    } else if (start == lines.size() && std::isalpha(static_cast<unsigned char>(line[0])) != 0 &&
               line.back() != ':' && !std::regex_match(line, other)) {
      start = i;
    }
  }
}

}  // namespace

std::vector<std::string> Faults(const std::string& path, std::string_view text) {
  Report report(path);
  const std::vector<std::string> lines = Lines(text);
  CheckBans(path, lines, kEverywhere, report);
  const bool header = path.size() > 2 && path.compare(path.size() - 2, 2, ".h") == 0;
  const bool source = path.size() > 3 && path.compare(path.size() - 3, 3, ".cc") == 0;
  if (!header && !source) return report.Take();

  std::vector<std::string> code;
  for (const std::string& line : lines) code.push_back(Code(line));
  CheckLayers(path, code, report);
  CheckBans(path, code, kBans, report);
  if (header) CheckGuard(path, lines, report);
  CheckLengths(code, report);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (Columns(lines[i]) > kMaxColumns) report.Add(i, "more than 100 columns");
  }
  return report.Take();
}

bool HasTest(const std::string& path, std::string_view tests) {
  const std::string stem = path.substr(0, path.rfind('.'));
  if (tests.find("#include \"" + stem + ".h\"") != std::string_view::npos) return true;
  std::string name;
  bool upper = true;
  for (const char c : stem.substr(stem.rfind('/') + 1)) {
    if (c != '_')
      name += upper ? static_cast<char>(std::toupper(static_cast<unsigned char>(c))) : c;
    upper = c == '_';
  }
  return tests.find("TEST(" + name + ",") != std::string_view::npos ||
         tests.find("TEST_F(" + name + ",") != std::string_view::npos;
}

}  // namespace veille::tidy
