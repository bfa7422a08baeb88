#include "common/redis/pipelined_client.h"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <optional>
#include <unordered_map>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include <openssl/sha.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "common/base/random.h"
#include "common/redis/connection.h"
#include "common/redis/outbox.h"
#include "common/redis/wire.h"
#include "common/retry/backoff.h"
#include "common/sync/mutex.h"
#include "common/sync/worker.h"
#include "common/time/clock.h"

namespace veille::redis {
namespace {

// What a queued command costs beside its bytes: its callback, deadline and offsets.
constexpr std::size_t kCommandOverhead = sizeof(QueuedCommand);

std::string Sha1Hex(std::string_view text) {
  unsigned char digest[SHA_DIGEST_LENGTH];
  SHA1(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest);
  return absl::BytesToHexString(std::string(reinterpret_cast<char*>(digest), sizeof(digest)));
}

// What every EVALSHA starts with, so that it can be turned into an EVAL: "$7 EVALSHA $40 <sha>".
constexpr std::size_t kEvalShaBytes = 4 + 9 + 5 + 42;

absl::Status ClosedError() { return absl::CancelledError("the redis client was closed"); }

}  // namespace

class PipelinedClient::Owner {
 public:
  explicit Owner(Options options);
  ~Owner();

  void Command(std::vector<std::string> args, Callback done);
  template <typename Args>
  void Eval(const Script& script, const Args& keys_and_args, Callback done);

  bool connected() const { return connected_; }
  uint64_t generation() const { return generation_; }
  absl::Status WaitConnected(absl::Duration timeout);
  absl::Status last_error() const;
  Stats stats() const;

 private:
  using Finished = Outbox::Finished;

  template <typename Format>
  void Push(std::size_t estimate, const LoadedScript* script, Callback done, const Format& format);
  void Refuse(absl::Status why, Callback done);
  // Writes the first command for an idle owner; false when it has to wake up for it.
  bool WriteAhead() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void WakeUp();

  // Everything below runs on the owner thread.
  void Run();
  bool TakeQueue();
  void Connect();
  void WriteOut();
  void Poll();
  void TakeWrittenAhead();
  void HandleReplies();
  void HandleReply(Finished command, std::string_view wire, Reply reply);
  void ResendAsEval(Finished command, std::string_view wire);
  void Disconnect(absl::Status why);
  void CheckTimeouts();
  void Fail(std::vector<Finished> commands, const absl::Status& why);
  void Release(const Finished& command);
  absl::Duration NextTimeout() const;
  absl::Status UnreachableError() const;

  const Options options_;
  std::vector<LoadedScript> scripts_;
  std::unordered_map<const char*, const LoadedScript*> scripts_by_body_;
  const int wake_fd_;

  mutable Mutex mu_;
  CondVar connected_changed_;
  bool stop_ ABSL_GUARDED_BY(mu_) = false;
  bool wake_on_push_ ABSL_GUARDED_BY(mu_) = true;
  Chunk queue_ ABSL_GUARDED_BY(mu_);
  // The connection while the owner waits with nothing in flight: whoever comes then writes the
  // command itself, and the owner sleeps on until the reply. A wake-up less on the way of what
  // comes alone, which an emergency mostly does. Only to be written to.
  Connection* idle_ ABSL_GUARDED_BY(mu_) = nullptr;
  std::size_t written_ahead_ ABSL_GUARDED_BY(mu_) = 0;  // Bytes of `queue_`.
  absl::Duration written_ahead_at_ ABSL_GUARDED_BY(mu_);
  std::vector<std::pair<absl::Status, Callback>> refused_ ABSL_GUARDED_BY(mu_);
  absl::Status last_error_ ABSL_GUARDED_BY(mu_) = absl::UnavailableError("not connected yet");

  std::atomic<bool> connected_{false};
  std::atomic<uint64_t> generation_{0};
  std::atomic<std::size_t> pending_{0}, pending_bytes_{0};
  std::atomic<uint64_t> commands_{0}, batches_{0}, connects_{0}, noscripts_{0}, refusals_{0};

  // Of the owner thread alone.
  std::unique_ptr<Connection> connection_;
  Outbox outbox_;
  SystemRandom random_;
  Backoff backoff_;
  absl::Duration now_;
  absl::Duration next_attempt_ = absl::ZeroDuration();
  absl::Duration connect_deadline_;
  absl::Duration last_progress_;
  absl::Duration disconnected_since_;
  absl::Status drop_;  // Set while handling replies: the connection has to go.

  Worker worker_;
};

PipelinedClient::Owner::Owner(Options options)
    : options_(std::move(options)),
      wake_fd_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)),
      backoff_(options_.backoff_min, options_.backoff_max, random_),
      now_(MonotonicNow()),
      disconnected_since_(now_) {
  if (wake_fd_ < 0) std::abort();  // Out of file descriptors at start.
  scripts_.reserve(options_.scripts.size());
  for (const Script& script : options_.scripts) {
    scripts_.push_back({.script = script, .sha = Sha1Hex(script.body)});
    scripts_by_body_[script.body] = &scripts_.back();
  }
  worker_ = Worker("redis", [this] { Run(); });
}

PipelinedClient::Owner::~Owner() {
  {
    MutexLock lock(mu_);
    stop_ = true;
  }
  WakeUp();
  worker_.Join();
  close(wake_fd_);
}

void PipelinedClient::Owner::WakeUp() {
  const uint64_t one = 1;
  // It fails only when the counter is full, and then the owner is awake.
  static_cast<void>(!write(wake_fd_, &one, sizeof(one)));
}

void PipelinedClient::Owner::Command(std::vector<std::string> args, Callback done) {
  std::size_t bytes = 16;
  for (const std::string& arg : args) bytes += arg.size() + 16;
  Push(bytes, nullptr, std::move(done),
       [&args](std::string& out) { wire::AppendCommand(out, args); });
}

template <typename Args>
void PipelinedClient::Owner::Eval(const Script& script, const Args& keys_and_args, Callback done) {
  const auto it = scripts_by_body_.find(script.body);
  if (it == scripts_by_body_.end() ||
      keys_and_args.size() < static_cast<std::size_t>(script.num_keys)) {
    return Refuse(absl::InvalidArgumentError(absl::StrCat(
                      "script ", script.name,
                      it == scripts_by_body_.end() ? " is not among the client's scripts"
                                                   : " was given fewer keys than it takes")),
                  std::move(done));
  }
  const LoadedScript* loaded = it->second;
  std::size_t bytes = 96;
  for (const auto& arg : keys_and_args) bytes += arg.size() + 16;
  Push(bytes, loaded, std::move(done), [&](std::string& out) {
    wire::AppendCount(out, '*', keys_and_args.size() + 3);
    wire::AppendBulk(out, "EVALSHA");
    wire::AppendBulk(out, loaded->sha);
    wire::AppendBulk(out, std::to_string(script.num_keys));
    for (const auto& arg : keys_and_args) wire::AppendBulk(out, arg);
  });
}

template <typename Format>
void PipelinedClient::Owner::Push(std::size_t estimate, const LoadedScript* script, Callback done,
                                  const Format& format) {
  const absl::Duration deadline = MonotonicNow() + options_.queue_timeout;
  bool wake = false;
  bool full = false;
  bool closed = false;
  {
    MutexLock lock(mu_);
    closed = stop_;
    full = closed || pending_ >= options_.max_queue ||
           pending_bytes_ + estimate + kCommandOverhead > options_.max_queue_bytes;
    if (!full) {
      const std::size_t begin = queue_.bytes.size();
      format(queue_.bytes);
      const std::size_t end = queue_.bytes.size();
      queue_.commands.push_back(
          {.done = std::move(done), .script = script, .end = end, .deadline = deadline});
      ++pending_;
      pending_bytes_ += end - begin + kCommandOverhead;
      wake = !WriteAhead() && std::exchange(wake_on_push_, false);
    }
  }
  if (wake) WakeUp();
  if (!full) return;
  // `done` has moved only when there was room.
  // NOLINTNEXTLINE(bugprone-use-after-move)
  if (closed) return Refuse(ClosedError(), std::move(done));
  ++refusals_;
  Refuse(absl::ResourceExhaustedError(absl::StrCat(
             "the queue for redis at ", options_.endpoint.ToString(), " is full: ", pending_.load(),
             " commands, ", pending_bytes_.load(), " bytes are waiting")),
         std::move(done));
}

bool PipelinedClient::Owner::WriteAhead() {
  Connection* const connection = std::exchange(idle_, nullptr);
  if (connection == nullptr) return false;
  const auto written = connection->Write(queue_.bytes);
  // What is wrong with the connection the owner finds by itself.
  if (!written.ok()) return false;
  written_ahead_ = *written;
  written_ahead_at_ = MonotonicNow();
  return written_ahead_ == queue_.bytes.size();
}

void PipelinedClient::Owner::Refuse(absl::Status why, Callback done) {
  {
    MutexLock lock(mu_);
    refused_.emplace_back(std::move(why), std::move(done));
  }
  WakeUp();
}

absl::Status PipelinedClient::Owner::WaitConnected(absl::Duration timeout) {
  const absl::Duration give_up = MonotonicNow() + timeout;
  MutexLock lock(mu_);
  while (!connected_) {
    const absl::Duration left = give_up - MonotonicNow();
    if (left <= absl::ZeroDuration()) break;
    connected_changed_.WaitFor(mu_, left);
  }
  return connected_ ? absl::OkStatus() : last_error_;
}

absl::Status PipelinedClient::Owner::last_error() const {
  MutexLock lock(mu_);
  return last_error_;
}

PipelinedClient::Stats PipelinedClient::Owner::stats() const {
  return {.commands = commands_,
          .batches = batches_,
          .connects = connects_,
          .noscripts = noscripts_,
          .refused = refusals_,
          .pending = pending_,
          .pending_bytes = pending_bytes_};
}

void PipelinedClient::Owner::Run() {
  while (TakeQueue()) {
    now_ = MonotonicNow();
    CheckTimeouts();
    if (connection_ == nullptr && now_ >= next_attempt_) Connect();
    WriteOut();
    Poll();
  }
  connection_.reset();
  connected_ = false;
  // A callback may ask for more; that is refused in the same way.
  for (bool more = true; more;) {
    Fail(outbox_.Clear(), ClosedError());
    TakeQueue();
    MutexLock lock(mu_);
    more = !outbox_.empty() || !refused_.empty();
  }
}

// Takes over what callers have queued; false once the client is closing.
bool PipelinedClient::Owner::TakeQueue() {
  std::vector<std::pair<absl::Status, Callback>> refused;
  bool stop = false;
  {
    MutexLock lock(mu_);
    stop = stop_;
    refused.swap(refused_);
    // While earlier bytes wait for the socket the queue may as well grow into one larger chunk.
    if (stop || outbox_.all_written() || !connected_) {
      outbox_.Add(std::exchange(queue_, outbox_.Recycle()));
    }
    // A caller has to wake us when we could write at once, and for the first deadline.
    wake_on_push_ = outbox_.empty() || (connected_ && outbox_.all_written());
  }
  for (auto& [why, done] : refused) std::move(done)(std::move(why));
  return !stop;
}

void PipelinedClient::Owner::Connect() {
  const std::size_t attempt = connects_++;
  auto opened = Connection::Open(options_.endpoint, options_.name, options_.scripts, attempt);
  connect_deadline_ = now_ + options_.connect_timeout;
  if (opened.ok()) {
    connection_ = *std::move(opened);
  } else {
    Disconnect(opened.status());
  }
}

void PipelinedClient::Owner::WriteOut() {
  if (!connected_) return;
  for (;;) {
    const std::string_view bytes = outbox_.Unwritten(options_.max_batch);
    if (bytes.empty()) return;
    const auto written = connection_->Write(bytes);
    if (!written.ok()) return Disconnect(written.status());
    if (*written == 0) return;
    if (outbox_.in_flight() == 0) last_progress_ = now_;
    outbox_.Wrote(*written);
    ++batches_;
    if (*written < bytes.size()) return;
  }
}

void PipelinedClient::Owner::Poll() {
  bool more = false;
  {
    // After writing, the next command may be written at once: it has to wake us.
    MutexLock lock(mu_);
    const bool idle = connected_ && outbox_.all_written();
    more = idle && !queue_.commands.empty();
    wake_on_push_ = !more && (idle || outbox_.empty());
    if (!more && connected_ && outbox_.empty()) idle_ = connection_.get();
  }
  pollfd fds[2] = {{.fd = wake_fd_, .events = POLLIN, .revents = 0},
                   {.fd = -1, .events = POLLIN, .revents = 0}};
  if (connection_ != nullptr) {
    fds[1].fd = connection_->fd();
    const bool stuck = connected_ && !outbox_.Unwritten(options_.max_batch).empty();
    if (connection_->wants_write() || stuck) fds[1].events |= POLLOUT;
  }
  const auto milliseconds =
      more ? 0 : absl::ToInt64Milliseconds(NextTimeout() + absl::Microseconds(999));
  poll(fds, 2, static_cast<int>(std::clamp<int64_t>(milliseconds, 0, 60'000)));
  now_ = MonotonicNow();
  TakeWrittenAhead();
  if (fds[0].revents != 0) {
    uint64_t count = 0;
    static_cast<void>(!read(wake_fd_, &count, sizeof(count)));
  }
  if (connection_ == nullptr) return;
  absl::Status status = connection_->Advance(fds[1].revents);
  if (connection_->ready() && !connected_ && status.ok()) {
    absl::Status ok;
    {
      MutexLock lock(mu_);
      last_error_ = absl::OkStatus();
      connected_ = true;
      ++generation_;
    }
    connected_changed_.NotifyAll();
    last_progress_ = now_;
    if (options_.on_connection_change) {
      options_.on_connection_change({.connected = true, .generation = generation_, .why = {}});
    }
  }
  if (connected_) HandleReplies();
  if (connection_ != nullptr && !status.ok()) Disconnect(std::move(status));
}

void PipelinedClient::Owner::TakeWrittenAhead() {
  MutexLock lock(mu_);
  idle_ = nullptr;
  if (written_ahead_ == 0) return;
  outbox_.Add(std::exchange(queue_, outbox_.Recycle()));
  last_progress_ = written_ahead_at_;
  outbox_.Wrote(std::exchange(written_ahead_, 0));
  ++batches_;
}

void PipelinedClient::Owner::HandleReplies() {
  drop_ = absl::OkStatus();
  for (;;) {
    Reply reply;
    const auto here = connection_->Next(reply);
    if (!here.ok()) return Disconnect(here.status());
    if (!*here) break;
    std::string_view wire;
    auto command = outbox_.Answer(&wire);
    if (!command.has_value()) {
      return Disconnect(absl::UnavailableError("redis sent a reply that nobody asked for: " +
                                               reply.ToDebugString()));
    }
    last_progress_ = now_;
    HandleReply(*std::move(command), wire, std::move(reply));
  }
  if (!drop_.ok()) Disconnect(drop_);
}

void PipelinedClient::Owner::HandleReply(Finished command, std::string_view wire, Reply reply) {
  if (!reply.IsError()) {
    backoff_.Reset();
    Release(command);
    ++commands_;
    return std::move(command.done)(std::move(reply));
  }
  absl::Status status = StatusFromErrorReply(reply.str());
  const std::string code = ErrorCode(status);
  if (code == "NOSCRIPT" && command.script != nullptr) {
    return ResendAsEval(std::move(command), wire);
  }
  // A new connection may reach the new primary, or be allowed in. The back-off stays as it is, so
  // that a replica is not asked without end.
  if (code == "READONLY" || code == "NOAUTH") {
    drop_ = status;
  } else {
    backoff_.Reset();
  }
  Release(command);
  ++commands_;
  std::move(command.done)(std::move(status));
}

// Redis answers NOSCRIPT before anything is executed, so that sending again is safe.
void PipelinedClient::Owner::ResendAsEval(Finished command, std::string_view wire) {
  ++noscripts_;
  const std::size_t count_bytes = wire.find('\n') + 1;
  Chunk chunk;
  chunk.bytes.append(wire.substr(0, count_bytes));
  wire::AppendBulk(chunk.bytes, "EVAL");
  wire::AppendBulk(chunk.bytes, command.script->script.body);
  chunk.bytes.append(wire.substr(count_bytes + kEvalShaBytes));
  const std::size_t end = chunk.bytes.size();
  pending_bytes_ += end - command.bytes;
  chunk.commands.push_back({.done = std::move(command.done),
                            .script = nullptr,
                            .end = end,
                            .deadline = now_ + options_.queue_timeout});
  outbox_.Add(std::move(chunk));
}

void PipelinedClient::Owner::Disconnect(absl::Status why) {
  connection_.reset();
  next_attempt_ = now_ + backoff_.Next();
  const bool was_connected = connected_;
  {
    MutexLock lock(mu_);
    last_error_ = why;
    connected_ = false;
  }
  if (was_connected) disconnected_since_ = now_;
  Fail(outbox_.Lost(), OutcomeUnknownError(absl::StrCat(options_.endpoint.ToString(), ": ",
                                                        std::string(why.message()))));
  if (absl::IsPermissionDenied(why)) Fail(outbox_.Expire(absl::InfiniteDuration()), why);
  if (was_connected && options_.on_connection_change) {
    options_.on_connection_change({.connected = false, .generation = generation_, .why = why});
  }
}

void PipelinedClient::Owner::CheckTimeouts() {
  if (connection_ != nullptr && !connected_ && now_ >= connect_deadline_) {
    Disconnect(absl::UnavailableError(
        absl::StrCat("no connection within ", absl::FormatDuration(options_.connect_timeout))));
  }
  if (connected_ && outbox_.in_flight() > 0 && now_ >= last_progress_ + options_.reply_timeout) {
    Disconnect(absl::UnavailableError(
        absl::StrCat("no reply within ", absl::FormatDuration(options_.reply_timeout))));
  }
  const auto deadline = outbox_.NextDeadline();
  if (deadline.has_value() && now_ >= *deadline) Fail(outbox_.Expire(now_), UnreachableError());
}

absl::Status PipelinedClient::Owner::UnreachableError() const {
  const std::string where = options_.endpoint.ToString();
  if (connected_) {
    return absl::DeadlineExceededError(
        absl::StrFormat("redis at %s is too slow: not sent within %s, %d commands are unanswered",
                        where, absl::FormatDuration(options_.queue_timeout), outbox_.in_flight()));
  }
  return absl::DeadlineExceededError(absl::StrFormat(
      "redis not reachable at %s for %.1f s: %s", where,
      absl::ToDoubleSeconds(now_ - disconnected_since_), std::string(last_error().message())));
}

void PipelinedClient::Owner::Fail(std::vector<Finished> commands, const absl::Status& why) {
  for (Finished& command : commands) {
    Release(command);
    std::move(command.done)(why);
  }
}

void PipelinedClient::Owner::Release(const Finished& command) {
  --pending_;
  pending_bytes_ -= command.bytes + kCommandOverhead;
}

absl::Duration PipelinedClient::Owner::NextTimeout() const {
  absl::Duration next = now_ + absl::Minutes(1);
  if (connection_ == nullptr) {
    next = next_attempt_;
  } else if (!connected_) {
    next = connect_deadline_;
  } else {
    // With nothing in flight: what is written ahead meanwhile is looked after in time, too.
    const bool answers = outbox_.in_flight() > 0;
    next = answers ? last_progress_ + options_.reply_timeout : now_ + options_.reply_timeout / 4;
  }
  const auto deadline = outbox_.NextDeadline();
  if (deadline.has_value()) next = std::min(next, *deadline);
  return next - now_;
}

PipelinedClient::PipelinedClient(Options options)
    : owner_(std::make_unique<Owner>(std::move(options))) {}
PipelinedClient::~PipelinedClient() = default;

void PipelinedClient::Command(std::vector<std::string> args, Callback done) {
  owner_->Command(std::move(args), std::move(done));
}
void PipelinedClient::Eval(const Script& script, std::vector<std::string> keys_and_args,
                           Callback done) {
  owner_->Eval(script, keys_and_args, std::move(done));
}
void PipelinedClient::EvalViews(const Script& script,
                                const std::vector<std::string_view>& keys_and_args, Callback done) {
  owner_->Eval(script, keys_and_args, std::move(done));
}
bool PipelinedClient::connected() const { return owner_->connected(); }
uint64_t PipelinedClient::connection_generation() const { return owner_->generation(); }
absl::Status PipelinedClient::WaitConnected(absl::Duration timeout) {
  return owner_->WaitConnected(timeout);
}
absl::Status PipelinedClient::last_error() const { return owner_->last_error(); }
PipelinedClient::Stats PipelinedClient::stats() const { return owner_->stats(); }

}  // namespace veille::redis
