#include "common/sip/client.h"

#include <algorithm>
#include <utility>
#include <vector>

#include <curl/curl.h>

#include "common/base/check.h"
#include "common/sip/link.h"
#include "common/sip/message.h"
#include "common/time/clock.h"
#include "common/transfer/curl.h"

namespace veille::sip {
namespace {

// Looked at this often even when nobody wakes the thread; and while bytes wait to go out, which
// nothing else watches.
constexpr absl::Duration kRound = absl::Seconds(1), kBusyRound = absl::Milliseconds(10);
// RFC 3261, section 8.1.1.7: what every branch of this version begins with.
constexpr char kBranchCookie[] = "z9hG4bK";

absl::Status TimeIsUp() { return absl::DeadlineExceededError("no answer in time"); }

}  // namespace

// One request, from its connection to its answer.
class Client::Exchange {
 public:
  Exchange(Request request, RequestIds ids, absl::Duration deadline, Done done)
      : request_(std::move(request)),
        ids_(std::move(ids)),
        deadline_(deadline),
        done_(std::move(done)) {}

  void Open(CURLM* multi, const Options& options) {
    const bool datagrams = request_.to.transport == Transport::kUdp;
    link_ = datagrams ? OpenDatagramLink(request_.to)
                      : std::make_unique<StreamLink>(multi, request_.to, options.ca_file,
                                                     options.timeout);
  }

  // Does what can be done now; true when it is over.
  bool Step(absl::Duration now) {
    const absl::Status went = Advance(now);
    if (over_) return true;
    if (went.ok() && now < deadline_) return false;
    // What the peer took stays taken, though it said no more.
    if (outcome_.code == 0) outcome_.status = went.ok() ? TimeIsUp() : went;
    return true;
  }
  void Finish() { done_(outcome_); }
  void Cancel() {
    outcome_.status = absl::CancelledError("cut off: we are stopping");
    Finish();
  }

  // When to look at it again, though nothing comes.
  absl::Duration Next(absl::Duration now) const {
    if (!out_.empty()) return now + kBusyRound;
    return std::min(deadline_, resend_at_);
  }
  int Watched() const { return link_->Watched(); }

 private:
  bool datagrams() const { return request_.to.transport == Transport::kUdp; }

  absl::Status Advance(absl::Duration now) {
    const auto ready = link_->Ready();
    if (!ready.ok()) return ready.status();
    if (!*ready) return absl::OkStatus();
    if (text_.empty()) {
      text_ = Serialize(MakeMessage(request_.to, request_.from, link_->LocalAddress(), ids_,
                                    request_.content_type, request_.body));
      Queue(text_, now);
    } else if (now >= resend_at_ && outcome_.code == 0) {
      Queue(text_, now);
    }
    absl::Status went = Flush();
    while (went.ok() && !over_) {
      const auto bytes = link_->Receive();
      if (!bytes.ok()) return bytes.status();
      if (bytes->empty()) return Flush();
      went = datagrams() ? TakeDatagram(*bytes) : TakeStream(*bytes);
    }
    if (over_) Flush().IgnoreError();
    return went;
  }

  void Queue(const std::string& text, absl::Duration now) {
    out_.push_back(text);
    resend_at_ =
        datagrams() ? now + RetransmitAfter(++sent_, provisional_) : absl::InfiniteDuration();
  }
  absl::Status Flush() {
    while (!out_.empty()) {
      const auto sent = link_->Send(out_.front());
      if (!sent.ok()) return sent.status();
      if (*sent == 0) return absl::OkStatus();
      out_.front().erase(0, *sent);
      if (out_.front().empty()) out_.pop_front();
    }
    return absl::OkStatus();
  }

  // Whatever else comes to the port is not for us.
  absl::Status TakeDatagram(const std::string& bytes) {
    const auto message = ParseDatagram(bytes);
    if (message.ok()) Take(*message);
    return absl::OkStatus();
  }
  absl::Status TakeStream(const std::string& bytes) {
    in_ += bytes;
    while (!over_) {
      auto parsed = ParseNext(in_);
      if (!parsed.ok())
        return absl::UnavailableError("the peer sends what is no SIP: " +
                                      std::string(parsed.status().message()));
      if (!parsed->has_value()) return absl::OkStatus();
      in_.erase(0, (*parsed)->bytes);
      Take((*parsed)->message);
    }
    return absl::OkStatus();
  }

  void Take(const Message& message) {
    if (message.is_request()) return TakeRequest(message);
    if (!Answers(message, ids_.branch) || outcome_.code != 0) return;
    if (message.status < 200) {
      provisional_ = true;
      return;
    }
    outcome_.code = message.status;
    outcome_.retry_after = RetryAfter(message);
    const bool taken = message.status < 300;
    if (taken && !request_.is_answer(message.body)) {
      resend_at_ = absl::InfiniteDuration();
      return;
    }
    outcome_.body = message.body;
    over_ = true;
  }
  void TakeRequest(const Message& message) {
    const bool is_message = message.method == "MESSAGE";
    over_ = is_message && request_.is_answer(message.body);
    if (message.method == "ACK") return;
    Message reply = over_        ? ReplyTo(message, 200, "OK", ids_.tag)
                    : is_message ? ReplyTo(message, 404, "Not Found", ids_.tag)
                                 : ReplyTo(message, 405, "Method Not Allowed", ids_.tag);
    if (!is_message) reply.headers.push_back({"allow", "MESSAGE"});
    out_.push_back(Serialize(reply));
    if (!over_) return;
    outcome_.code = 200;
    outcome_.body = message.body;
  }

  const Request request_;
  const RequestIds ids_;
  const absl::Duration deadline_;
  const Done done_;
  std::unique_ptr<Link> link_;
  std::string text_, in_;
  std::deque<std::string> out_;  // A datagram each.
  int sent_ = 0;
  bool provisional_ = false, over_ = false;
  absl::Duration resend_at_ = absl::InfiniteDuration();
  Outcome outcome_;
};

class Client::Loop {
 public:
  Loop() : multi_((transfer::InitCurl(), curl_multi_init())) { VEILLE_CHECK(multi_ != nullptr); }
  ~Loop() {
    for (auto& exchange : running_) exchange->Cancel();
    running_.clear();
    curl_multi_cleanup(multi_);
  }

  void Wake() { curl_multi_wakeup(multi_); }
  void Add(std::unique_ptr<Exchange> exchange, const Options& options) {
    exchange->Open(multi_, options);
    running_.push_back(std::move(exchange));
  }
  // How many have ended.
  std::size_t Round() {
    int running = 0, left = 0;
    curl_multi_perform(multi_, &running);
    while (const CURLMsg* message = curl_multi_info_read(multi_, &left))
      if (message->msg == CURLMSG_DONE)
        StreamLink::Of(message->easy_handle)->Connected(message->data.result);
    const absl::Duration now = MonotonicNow();
    const auto over = std::stable_partition(running_.begin(), running_.end(),
                                            [&](auto& exchange) { return !exchange->Step(now); });
    for (auto ended = over; ended != running_.end(); ++ended) (*ended)->Finish();
    const auto count = static_cast<std::size_t>(running_.end() - over);
    running_.erase(over, running_.end());
    return count;
  }
  void Wait() {
    const absl::Duration now = MonotonicNow();
    absl::Duration next = now + kRound;
    std::vector<curl_waitfd> watched;
    watched.reserve(running_.size());
    for (const auto& exchange : running_) {
      next = std::min(next, exchange->Next(now));
      const int socket = exchange->Watched();
      if (socket >= 0) watched.push_back({socket, CURL_WAIT_POLLIN, 0});
    }
    const int64_t wait = absl::ToInt64Milliseconds(absl::Ceil(next - now, absl::Milliseconds(1)));
    curl_multi_poll(multi_, watched.data(), static_cast<unsigned>(watched.size()),
                    static_cast<int>(std::max<int64_t>(wait, 0)), nullptr);
  }

 private:
  CURLM* const multi_;
  std::vector<std::unique_ptr<Exchange>> running_;
};

Client::Client(Options options) : options_(std::move(options)), loop_(std::make_unique<Loop>()) {
  thread_ = Worker(options_.name, [this] { Run(); });
}

Client::~Client() {
  {
    MutexLock lock(mu_);
    stopping_ = true;
  }
  loop_->Wake();
  thread_.Join();
  MutexLock lock(mu_);
  for (auto& exchange : waiting_) exchange->Cancel();
}

absl::Status Client::Send(Request request, Done done) {
  RequestIds ids;
  ids.branch = kBranchCookie + random_.Hex(24);
  ids.tag = random_.Hex(16);
  ids.call_id = random_.Hex(32);
  auto exchange = std::make_unique<Exchange>(std::move(request), std::move(ids),
                                             MonotonicNow() + options_.timeout, std::move(done));
  {
    MutexLock lock(mu_);
    if (in_flight_ >= options_.max_in_flight)
      return absl::ResourceExhaustedError("too many messages are under way");
    ++in_flight_;
    waiting_.push_back(std::move(exchange));
  }
  loop_->Wake();
  return absl::OkStatus();
}

void Client::Run() {
  while (true) {
    std::deque<std::unique_ptr<Exchange>> fresh;
    {
      MutexLock lock(mu_);
      if (stopping_) return;
      fresh.swap(waiting_);
    }
    for (auto& exchange : fresh) loop_->Add(std::move(exchange), options_);
    const std::size_t ended = loop_->Round();
    {
      MutexLock lock(mu_);
      in_flight_ -= ended;
    }
    loop_->Wait();
  }
}

}  // namespace veille::sip
