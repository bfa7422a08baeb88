#include "services/gateway/adapters/redis_log.h"

#include <atomic>
#include <utility>

#include "absl/strings/str_format.h"

#include "common/log/log.h"
#include "common/redis/pipelined_client.h"
#include "services/domain/keys.h"
#include "services/gateway/scripts/scripts.h"

namespace veille::gateway {
namespace {

// The quarantine is for operators to look at, not an archive.
constexpr char kMaxQuarantined[] = "10000";

std::string DigestBytes(uint64_t digest) {
  std::string bytes(8, '\0');
  for (std::size_t i = 8; i-- > 0; digest >>= 8) bytes[i] = static_cast<char>(digest & 0xFF);
  return bytes;
}

absl::StatusOr<std::vector<Verdict>> ReadVerdicts(const redis::Reply& reply, std::size_t count) {
  if (reply.size() != count)
    return absl::InternalError("the append script answered " + reply.ToDebugString());
  std::vector<Verdict> verdicts;
  verdicts.reserve(count);
  for (const redis::ReplyView verdict : reply.elements())
    verdicts.push_back(static_cast<Verdict>(verdict.integer()));
  return verdicts;
}

std::unique_ptr<redis::Client> Connect(const RedisLog::Options& options, const char* name,
                                       std::vector<redis::Script> scripts) {
  redis::PipelinedClient::Options client;
  client.endpoint = options.endpoint;
  client.scripts = std::move(scripts);
  client.name = name;
  client.queue_timeout = options.command_timeout;
  client.reply_timeout = options.command_timeout;
  // Gateways bound what waits themselves.
  client.max_queue_bytes = std::size_t{512} << 20;
  return std::make_unique<redis::PipelinedClient>(std::move(client));
}

}  // namespace

RedisLog::RedisLog(const Options& options)
    : wait_replicas_(options.wait_replicas),
      urgent_body_(std::string("#!lua flags=allow-oom\n") + AppendScript().body),
      urgent_append_{"append_urgent", AppendScript().num_keys, urgent_body_.c_str()},
      urgent_(
          Connect(options, "gateway-urgent", {urgent_append_, OpenSourceScript(), SeenScript()})),
      bulk_(Connect(options, "gateway-bulk", {AppendScript()})) {}

void RedisLog::Append(hub::v1::Lane lane, int partition, const std::vector<Envelope>& envelopes,
                      AppendDone done) {
  const std::string log = domain::LogKey(partition), sequences = domain::SequencesKey(partition);
  const std::string count = std::to_string(envelopes.size());
  std::vector<std::string> small;  // What the views of numbers and digests point into.
  small.reserve(envelopes.size() * 2);
  std::vector<std::string_view> args = {log, sequences, count};
  args.reserve(3 + envelopes.size() * 5);
  for (const Envelope& envelope : envelopes) {
    args.push_back(envelope.lane_field);
    args.push_back(envelope.incarnation);
    args.push_back(small.emplace_back(std::to_string(envelope.sequence)));
    args.push_back(small.emplace_back(DigestBytes(envelope.digest)));
    args.push_back(envelope.bytes);
  }
  const bool urgent = lane == hub::v1::LANE_URGENT;
  redis::Client& client = urgent ? *urgent_ : *bulk_;
  const redis::Script& script = urgent ? urgent_append_ : AppendScript();
  if (wait_replicas_ == 0) {
    client.EvalViews(script, args,
                     [count = envelopes.size(),
                      done = std::move(done)](absl::StatusOr<redis::Reply> reply) mutable {
                       if (!reply.ok()) return std::move(done)(reply.status());
                       std::move(done)(ReadVerdicts(*reply, count));
                     });
    return;
  }
  // WAIT covers what this connection wrote before it, so it also covers duplicates of earlier
  // writes.
  auto verdicts = std::make_shared<absl::StatusOr<std::vector<Verdict>>>();
  client.EvalViews(script, args,
                   [count = envelopes.size(), verdicts](absl::StatusOr<redis::Reply> reply) {
                     *verdicts = reply.ok() ? ReadVerdicts(*reply, count)
                                            : absl::StatusOr<std::vector<Verdict>>(reply.status());
                   });
  client.Command({"WAIT", std::to_string(wait_replicas_), "1000"},
                 [wanted = wait_replicas_, verdicts,
                  done = std::move(done)](absl::StatusOr<redis::Reply> reply) mutable {
                   if (!verdicts->ok()) return std::move(done)(verdicts->status());
                   if (!reply.ok()) return std::move(done)(reply.status());
                   if (reply->integer() < wanted) {
                     return std::move(done)(absl::UnavailableError(absl::StrFormat(
                         "only %d of %d replicas have the append", reply->integer(), wanted)));
                   }
                   std::move(done)(std::move(*verdicts));
                 });
}

void RedisLog::OpenSource(int partition, const std::string& source_id,
                          const std::string& incarnation, OpenDone done) {
  urgent_->Eval(OpenSourceScript(), {domain::SequencesKey(partition), source_id, incarnation},
                [done = std::move(done)](absl::StatusOr<redis::Reply> reply) mutable {
                  if (!reply.ok()) return std::move(done)(reply.status());
                  LastSequences last;
                  last.urgent = static_cast<uint64_t>((*reply)[0].integer());
                  last.bulk = static_cast<uint64_t>((*reply)[1].integer());
                  std::move(done)(last);
                });
}

void RedisLog::Quarantine(int partition, std::string quarantined_event) {
  bulk_->Command({"XADD", domain::QuarantineKey(partition), "MAXLEN", "~", kMaxQuarantined, "*",
                  "q", std::move(quarantined_event)},
                 [](absl::StatusOr<redis::Reply> reply) {
                   if (!reply.ok()) {
                     VEILLE_LOG(kWarning, "cannot keep a malformed event").Field(reply.status());
                   }
                 });
}

void RedisLog::ShowAlive() {
  urgent_->Eval(SeenScript(), {domain::GatewaySeenKey()}, [](absl::StatusOr<redis::Reply>) {});
}

}  // namespace veille::gateway
