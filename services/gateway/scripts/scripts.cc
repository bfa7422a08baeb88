#include "services/gateway/scripts/scripts.h"

#include <span>

namespace veille::gateway {

extern const redis::Script kScripts[];
extern const unsigned long kScriptCount;

namespace {
const redis::Script& Named(const char* name) {
  return redis::FindScript(std::span(kScripts, kScriptCount), name);
}
}  // namespace

const redis::Script& AppendScript() { return Named("append"); }
const redis::Script& OpenSourceScript() { return Named("open_source"); }
const redis::Script& SeenScript() { return Named("seen"); }

}  // namespace veille::gateway
