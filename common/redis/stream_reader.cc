#include "common/redis/stream_reader.h"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <map>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "common/base/random.h"
#include "common/redis/connection.h"
#include "common/redis/errors.h"
#include "common/redis/wire.h"
#include "common/retry/backoff.h"
#include "common/sync/mutex.h"
#include "common/sync/worker.h"
#include "common/time/clock.h"

namespace veille::redis {

class StreamReader::Loop {
 public:
  explicit Loop(Options options);
  ~Loop();

  void Subscribe(Subscription subscription, Callback callback);
  void Unsubscribe(std::string_view key);
  void Resume(std::string_view key, StreamId last_id);
  uint64_t reconnects() const { return reconnects_; }

 private:
  // What callers want of a key; handed to the thread as it is.
  struct Request {
    enum class Kind { kSubscribe, kUnsubscribe, kResume } kind;
    Subscription subscription{};  // The key always, the rest for kSubscribe.
    Callback callback{};
    StreamId last_id{};
  };
  struct Key {
    Subscription subscription;
    Callback callback;
    bool wanted = true;     // To be read; false between a hand-over and Resume().
    bool asked = false;     // A read is in flight.
    std::string unwritten;  // Of the read in flight.
    std::unique_ptr<Connection> connection;
    std::size_t attempts = 0;
    Backoff backoff;
    absl::Duration next_attempt = absl::ZeroDuration();
    absl::Duration deadline = absl::InfiniteDuration();  // Of connecting, or of the reply.
  };

  void Ask(Request request);
  void Run();
  bool TakeRequests();
  void Apply(Request request);
  void Step(Key& key);
  void SendRead(Key& key);
  void WriteOut(Key& key);
  void HandleEvents(Key& key, short revents);
  void HandOver(Key& key, Reply reply);
  void Lost(Key& key, const absl::Status& why);
  void Poll();

  const Options options_;
  const int wake_fd_;
  Mutex mu_;
  bool stop_ ABSL_GUARDED_BY(mu_) = false;
  std::vector<Request> requests_ ABSL_GUARDED_BY(mu_);
  std::atomic<uint64_t> reconnects_{0};

  // Of the thread alone.
  std::map<std::string, Key, std::less<>> keys_;
  absl::Duration now_;
  std::vector<pollfd> fds_;
  std::vector<Key*> polled_;

  SystemRandom random_;

  Worker worker_;
};

StreamReader::Loop::Loop(Options options)
    : options_(std::move(options)),
      wake_fd_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)),
      now_(MonotonicNow()) {
  if (wake_fd_ < 0) std::abort();  // Out of file descriptors at start.
  worker_ = Worker("redis-streams", [this] { Run(); });
}

StreamReader::Loop::~Loop() {
  {
    MutexLock lock(mu_);
    stop_ = true;
  }
  const uint64_t one = 1;
  static_cast<void>(!write(wake_fd_, &one, sizeof(one)));
  worker_.Join();
  close(wake_fd_);
}

void StreamReader::Loop::Ask(Request request) {
  {
    MutexLock lock(mu_);
    requests_.push_back(std::move(request));
    if (requests_.size() > 1) return;  // The thread was woken for the first.
  }
  const uint64_t one = 1;
  static_cast<void>(!write(wake_fd_, &one, sizeof(one)));
}

void StreamReader::Loop::Subscribe(Subscription subscription, Callback callback) {
  Ask({.kind = Request::Kind::kSubscribe,
       .subscription = std::move(subscription),
       .callback = std::move(callback)});
}

void StreamReader::Loop::Unsubscribe(std::string_view key) {
  Ask({.kind = Request::Kind::kUnsubscribe, .subscription = {.key = std::string(key)}});
}

void StreamReader::Loop::Resume(std::string_view key, StreamId last_id) {
  Ask({.kind = Request::Kind::kResume,
       .subscription = {.key = std::string(key)},
       .last_id = last_id});
}

void StreamReader::Loop::Run() {
  while (TakeRequests()) {
    now_ = MonotonicNow();
    for (auto& [name, key] : keys_) Step(key);
    Poll();
  }
  keys_.clear();
}

bool StreamReader::Loop::TakeRequests() {
  std::vector<Request> requests;
  {
    MutexLock lock(mu_);
    if (stop_) return false;
    requests.swap(requests_);
  }
  for (Request& request : requests) Apply(std::move(request));
  return true;
}

void StreamReader::Loop::Apply(Request request) {
  const auto it = keys_.find(request.subscription.key);
  if (request.kind == Request::Kind::kUnsubscribe) {
    if (it != keys_.end()) keys_.erase(it);
    return;
  }
  if (request.kind == Request::Kind::kResume) {
    if (it == keys_.end()) return;
    it->second.subscription.after = request.last_id;
    it->second.wanted = true;
    return;
  }
  if (it != keys_.end()) keys_.erase(it);
  std::string name = request.subscription.key;
  keys_.emplace(std::move(name),
                Key{.subscription = std::move(request.subscription),
                    .callback = std::move(request.callback),
                    .unwritten = {},
                    .connection = nullptr,
                    .backoff = Backoff(options_.backoff_min, options_.backoff_max, random_)});
}

// Does for a key whatever can be done without waiting.
void StreamReader::Loop::Step(Key& key) {
  if (key.connection != nullptr && now_ >= key.deadline) {
    Lost(key, absl::DeadlineExceededError("no answer in time"));
  }
  if (key.connection == nullptr && key.wanted && now_ >= key.next_attempt) {
    auto opened = Connection::Open(options_.endpoint, options_.name, {}, key.attempts++);
    if (!opened.ok()) return Lost(key, opened.status());
    key.connection = *std::move(opened);
    key.deadline = now_ + options_.connect_timeout;
  }
  if (key.connection == nullptr || !key.connection->ready()) return;
  if (key.wanted && !key.asked) SendRead(key);
  WriteOut(key);
}

void StreamReader::Loop::SendRead(Key& key) {
  const Subscription& s = key.subscription;
  const std::string block = absl::StrCat(std::max<int64_t>(1, absl::ToInt64Milliseconds(s.block)));
  const std::string count = absl::StrCat(std::max(1, s.count));
  if (s.group.empty()) {
    wire::AppendCommand(key.unwritten, {"XREAD", "COUNT", count, "BLOCK", block, "STREAMS", s.key,
                                        s.after.ToString()});
  } else {
    std::vector<std::string> read = {"XREADGROUP", "GROUP", s.group, s.consumer, "COUNT",
                                     count,        "BLOCK", block,   "STREAMS",  s.key};
    read.insert(read.end(), s.also.begin(), s.also.end());
    read.insert(read.end(), 1 + s.also.size(), ">");
    wire::AppendCommand(key.unwritten, read);
  }
  key.asked = true;
  key.deadline = now_ + s.block + options_.reply_timeout;
}

void StreamReader::Loop::WriteOut(Key& key) {
  if (key.unwritten.empty()) return;
  const auto written = key.connection->Write(key.unwritten);
  if (!written.ok()) return Lost(key, written.status());
  key.unwritten.erase(0, *written);
}

void StreamReader::Loop::Poll() {
  fds_.assign(1, {.fd = wake_fd_, .events = POLLIN, .revents = 0});
  polled_.assign(1, nullptr);
  absl::Duration next = now_ + absl::Minutes(1);
  for (auto& [name, key] : keys_) {
    if (key.connection == nullptr) {
      if (key.wanted) next = std::min(next, key.next_attempt);
      continue;
    }
    next = std::min(next, key.deadline);
    const bool writes = key.connection->wants_write() || !key.unwritten.empty();
    const auto events = static_cast<short>(writes ? POLLIN | POLLOUT : POLLIN);
    fds_.push_back({.fd = key.connection->fd(), .events = events, .revents = 0});
    polled_.push_back(&key);
  }
  const auto milliseconds = absl::ToInt64Milliseconds(next - now_ + absl::Microseconds(999));
  poll(fds_.data(), fds_.size(), static_cast<int>(std::clamp<int64_t>(milliseconds, 0, 60'000)));
  now_ = MonotonicNow();
  if (fds_[0].revents != 0) {
    uint64_t count = 0;
    static_cast<void>(!read(wake_fd_, &count, sizeof(count)));
  }
  for (std::size_t i = 1; i < fds_.size(); ++i) {
    if (fds_[i].revents != 0) HandleEvents(*polled_[i], fds_[i].revents);
  }
}

void StreamReader::Loop::HandleEvents(Key& key, short revents) {
  const bool was_ready = key.connection->ready();
  const absl::Status status = key.connection->Advance(revents);
  if (!was_ready && key.connection->ready()) key.deadline = absl::InfiniteDuration();
  while (key.connection->ready()) {
    Reply reply;
    const auto here = key.connection->Next(reply);
    if (!here.ok()) return Lost(key, here.status());
    if (!*here) break;
    if (!key.asked) return Lost(key, absl::UnavailableError("a reply that nobody asked for"));
    key.asked = false;
    key.deadline = absl::InfiniteDuration();
    HandOver(key, std::move(reply));
    if (key.connection == nullptr) return;
  }
  if (!status.ok()) Lost(key, status);
}

void StreamReader::Loop::HandOver(Key& key, Reply reply) {
  if (reply.IsNil()) {
    key.backoff.Reset();
    return;  // Nothing came within the block: ask again.
  }
  key.wanted = false;
  if (reply.IsError()) {
    const absl::Status status = StatusFromErrorReply(reply.str());
    // What a new connection or a little patience mends is not the consumer's business.
    if (absl::IsUnavailable(status)) {
      key.wanted = true;
      return Lost(key, status);
    }
    return key.callback(status);
  }
  key.backoff.Reset();
  key.callback(StreamBatch::FromXread(std::move(reply)));
}

void StreamReader::Loop::Lost(Key& key, const absl::Status& why) {
  key.connection.reset();
  key.unwritten.clear();
  key.asked = false;
  key.deadline = absl::InfiniteDuration();
  key.next_attempt = now_ + key.backoff.Next();
  ++reconnects_;
  // A refused password will not mend itself: say so, and go on when told to.
  if (absl::IsPermissionDenied(why) && key.wanted) {
    key.wanted = false;
    key.callback(why);
  }
}

StreamReader::StreamReader(Options options) : loop_(std::make_unique<Loop>(std::move(options))) {}
StreamReader::~StreamReader() = default;

void StreamReader::Subscribe(Subscription subscription, Callback callback) {
  loop_->Subscribe(std::move(subscription), std::move(callback));
}
void StreamReader::Unsubscribe(std::string_view key) { loop_->Unsubscribe(key); }
void StreamReader::Resume(std::string_view key, StreamId last_id) { loop_->Resume(key, last_id); }
uint64_t StreamReader::reconnects() const { return loop_->reconnects(); }

}  // namespace veille::redis
