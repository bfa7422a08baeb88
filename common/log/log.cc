#include "common/log/log.h"

#include <cstdio>

#include "absl/strings/str_format.h"
#include <unistd.h>

namespace veille::log {
namespace {

Options& Current() {
  static Options* options = new Options(DefaultOptions());
  return *options;
}

const char* Name(Level level) {
  switch (level) {
    case Level::kDebug:
      return "debug";
    case Level::kInfo:
      return "info";
    case Level::kWarning:
      return "warning";
    default:
      return "error";
  }
}

void AppendQuoted(std::string_view text, std::string& out) {
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out += absl::StrFormat("\\u%04x", static_cast<int>(c));
    } else {
      out += c;
    }
  }
  out += '"';
}

void Write(const std::string& line) {
  const ssize_t written = write(STDERR_FILENO, line.data(), line.size());
  static_cast<void>(written);  // A log that cannot be written has nowhere to complain.
}

}  // namespace

Options DefaultOptions() {
  Options options;
  options.json = isatty(STDERR_FILENO) == 0;
  return options;
}

void Configure(Options options) { Current() = std::move(options); }

bool Enabled(Level level) { return level >= Current().least; }

std::string FormatJson(Level level, std::string_view time, std::string_view role,
                       std::string_view message,
                       const std::vector<std::pair<std::string, std::string>>& fields) {
  std::string out = "{\"time\":";
  AppendQuoted(time, out);
  out += ",\"level\":";
  AppendQuoted(Name(level), out);
  if (!role.empty()) {
    out += ",\"role\":";
    AppendQuoted(role, out);
  }
  out += ",\"message\":";
  AppendQuoted(message, out);
  for (const auto& [name, rendered] : fields) {
    out += ',';
    AppendQuoted(name, out);
    out += ':';
    out += rendered;
  }
  return out + "}\n";
}

Line::~Line() {
  const Options& options = Current();
  const absl::Time now = options.clock ? options.clock->Now() : SystemClock().Now();
  const std::string time = absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", now, absl::UTCTimeZone());
  if (options.json) {
    std::vector<std::pair<std::string, std::string>> rendered;
    for (const Value& field : fields_) {
      std::string value;
      if (field.quoted) {
        AppendQuoted(field.value, value);
      } else {
        value = field.value;
      }
      rendered.emplace_back(field.name, value);
    }
    Write(FormatJson(level_, time, options.role, message_, rendered));
    return;
  }
  std::string out = time.substr(11, 12) + " " + Name(level_);
  if (!options.role.empty()) out += " " + options.role;
  out += ": " + message_;
  for (const Value& field : fields_) out += "  " + field.name + "=" + field.value;
  Write(out + "\n");
}

bool OnChange::Changed(const std::string& key, const std::string& text) {
  MutexLock lock(mu_);
  std::string& last = last_[key];
  if (last == text) return false;
  last = text;
  return true;
}

}  // namespace veille::log
