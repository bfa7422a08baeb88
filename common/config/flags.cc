#include "common/config/flags.h"

#include <cctype>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <optional>

#include "absl/flags/commandlineflag.h"
#include "absl/flags/reflection.h"

namespace veille::config {
namespace {

using Flags = std::map<std::string, absl::CommandLineFlag*>;

// Abseil and others have flags, too.
Flags OurFlags() {
  Flags ours;
  for (const auto& [name, flag] : absl::GetAllFlags()) {
    const std::string file = flag->Filename();
    if (file.find("services/") != std::string::npos || file.find("tests/") != std::string::npos)
      ours.emplace(std::string(name.data(), name.size()), flag);
  }
  return ours;
}

[[noreturn]] void Refuse(const std::string& what, const std::string& why) {
  std::fprintf(stderr, "veille: %s: %s\n", what.c_str(), why.c_str());
  std::exit(2);
}

[[noreturn]] void Help(const std::string& usage, const Flags& flags) {
  std::fprintf(stdout, "%s\nFlags:\n", usage.c_str());
  for (const auto& [name, flag] : flags)
    std::fprintf(stdout, "  --%s=%s\n      %s\n", name.c_str(), flag->DefaultValue().c_str(),
                 flag->Help().c_str());
  std::exit(0);
}

void Set(absl::CommandLineFlag& flag, const std::string& value, const std::string& place) {
  std::string error;  // Says no more, in other words.
  if (flag.ParseFrom(value, &error)) return;
  Refuse(place, "'" + value + "' cannot be read");
}

void ReadEnvironment(const Flags& flags) {
  for (const auto& [name, flag] : flags) {
    std::string variable = "VEILLE_";
    for (const char c : name)
      variable += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    if (const char* value = std::getenv(variable.c_str()); value != nullptr)
      Set(*flag, value, variable);
  }
}

// "--name", "--name=value"; also with one dash.
struct Word {
  std::string name;
  std::optional<std::string> value;
};

Word Split(const std::string& word) {
  const std::size_t begin = word[1] == '-' ? 2 : 1;
  const std::size_t equals = word.find('=');
  if (equals == std::string::npos) return {word.substr(begin), std::nullopt};
  return {word.substr(begin, equals - begin), word.substr(equals + 1)};
}

}  // namespace

// Not absl::ParseCommandLine: it ends the process with 1, whatever was the matter.
std::vector<std::string> ParseFlags(int argc, char** argv, const std::string& usage) {
  const Flags flags = OurFlags();
  ReadEnvironment(flags);
  std::vector<std::string> rest(argv, argv + (argc > 0 ? 1 : 0));
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    if (argument == "--") {
      rest.insert(rest.end(), argv + i + 1, argv + argc);
      break;
    }
    if (argument.size() < 2 || argument[0] != '-') {
      rest.push_back(argument);
      continue;
    }
    Word word = Split(argument);
    if (word.name == "help") Help(usage, flags);
    auto flag = flags.find(word.name);
    if (flag == flags.end() && word.name.rfind("no", 0) == 0 && !word.value.has_value()) {
      flag = flags.find(word.name.substr(2));
      if (flag != flags.end() && !flag->second->IsOfType<bool>()) flag = flags.end();
      word.value = "false";
    }
    if (flag == flags.end()) Refuse(argument, "there is no such flag; --help lists them");
    if (!word.value.has_value() && flag->second->IsOfType<bool>()) word.value = "true";
    if (!word.value.has_value()) {
      if (i + 1 == argc) Refuse(argument, "needs a value");
      word.value = argv[++i];
    }
    Set(*flag->second, *word.value, "--" + flag->first);
  }
  return rest;
}

}  // namespace veille::config
