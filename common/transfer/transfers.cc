#include "common/transfer/transfers.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <utility>

#include "common/base/check.h"
#include "common/transfer/curl.h"

namespace veille::transfer {
namespace {

// Looked at this often even when nobody wakes the thread.
constexpr int kRoundMs = 1000;

std::size_t Discard(char* /*data*/, std::size_t size, std::size_t count, void* /*self*/) {
  return size * count;
}

}  // namespace

bool IsLoopback(const std::string& url) {
  std::string host = url.substr(url.find("://") == std::string::npos ? 0 : url.find("://") + 3);
  host = host.substr(0, host.find_first_of("/?#"));
  if (host.find('@') != std::string::npos) return false;
  if (host.rfind("[::1]", 0) == 0) return host.size() == 5 || host[5] == ':';
  host = host.substr(0, host.find(':'));
  return host == "localhost" || host == "127.0.0.1";
}

class Transfers::Transfer {
 public:
  Transfer(const Options& options, Done done)
      : done_(std::move(done)), easy_(curl_easy_init()), ca_file_(options.ca_file) {
    VEILLE_CHECK(easy_ != nullptr);
    const long timeout = static_cast<long>(absl::ToInt64Milliseconds(options.timeout));
    Set(CURLOPT_TIMEOUT_MS, timeout);
    Set(CURLOPT_CONNECTTIMEOUT_MS, timeout);
    Set(CURLOPT_NOSIGNAL, 1L);
    Set(CURLOPT_WRITEFUNCTION, &Discard);
    Set(CURLOPT_USERAGENT, "veille");
    Set(CURLOPT_PRIVATE, this);
    if (!ca_file_.empty()) Set(CURLOPT_CAINFO, ca_file_.c_str());
  }
  ~Transfer() {
    curl_easy_cleanup(easy_);
    curl_slist_free_all(list_);
  }
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  void Prepare(HttpCall call) {
    body_ = call.body.value_or("");
    Set(CURLOPT_URL, call.url.c_str());
    Set(CURLOPT_PROTOCOLS_STR, "http,https");
    // A proxy cannot reach what is on this machine.
    if (IsLoopback(call.url)) Set(CURLOPT_PROXY, "");
    for (const std::string& header : call.headers) Append(header);
    Append("Expect:");
    Set(CURLOPT_HTTPHEADER, list_);
    if (!call.body) return;
    Set(CURLOPT_POST, 1L);
    Set(CURLOPT_POSTFIELDS, body_.data());
    Set(CURLOPT_POSTFIELDSIZE, static_cast<long>(body_.size()));
  }

  void Prepare(Mail mail) {
    body_ = std::move(mail.message);
    const bool tls = mail.security == Mail::Security::kTls;
    Set(CURLOPT_URL, ((tls ? "smtps://" : "smtp://") + mail.server).c_str());
    Set(CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    Set(CURLOPT_PROXY, "");
    if (mail.security == Mail::Security::kStartTls)
      Set(CURLOPT_USE_SSL, static_cast<long>(CURLUSESSL_ALL));
    if (!mail.username.empty()) {
      Set(CURLOPT_USERNAME, mail.username.c_str());
      Set(CURLOPT_PASSWORD, mail.password.c_str());
    }
    Set(CURLOPT_MAIL_FROM, ("<" + mail.sender + ">").c_str());
    Append("<" + mail.recipient + ">");
    Set(CURLOPT_MAIL_RCPT, list_);
    Set(CURLOPT_UPLOAD, 1L);
    Set(CURLOPT_READFUNCTION, &Read);
    Set(CURLOPT_READDATA, this);
  }

  CURL* easy() const { return easy_; }

  void Finish(CURLcode result) {
    Outcome outcome;
    outcome.status = ToStatus(result);
    long code = 0;
    curl_easy_getinfo(easy_, CURLINFO_RESPONSE_CODE, &code);
    outcome.code = static_cast<int>(code);
    curl_off_t seconds = 0;
    curl_easy_getinfo(easy_, CURLINFO_RETRY_AFTER, &seconds);
    if (seconds > 0) outcome.retry_after = absl::Seconds(seconds);
    done_(outcome);
  }
  void Cancel() {
    done_(
        {.status = absl::CancelledError("cut off: we are stopping"), .code = 0, .retry_after = {}});
  }

 private:
  template <typename Value>
  void Set(CURLoption option, Value value) {
    VEILLE_CHECK(curl_easy_setopt(easy_, option, value) == CURLE_OK);
  }
  void Append(const std::string& line) {
    curl_slist* longer = curl_slist_append(list_, line.c_str());
    VEILLE_CHECK(longer != nullptr);
    list_ = longer;
  }
  static std::size_t Read(char* to, std::size_t size, std::size_t count, void* self) {
    Transfer& transfer = *static_cast<Transfer*>(self);
    const std::size_t rest = transfer.body_.size() - transfer.read_;
    const std::size_t bytes = std::min(size * count, rest);
    std::memcpy(to, transfer.body_.data() + transfer.read_, bytes);
    transfer.read_ += bytes;
    return bytes;
  }

  const Done done_;
  CURL* const easy_;
  const std::string ca_file_;
  curl_slist* list_ = nullptr;
  std::string body_;
  std::size_t read_ = 0;
};

class Transfers::Handle {
 public:
  Handle() : multi_((InitCurl(), curl_multi_init())) { VEILLE_CHECK(multi_ != nullptr); }
  ~Handle() {
    for (auto& [easy, transfer] : running_) {
      curl_multi_remove_handle(multi_, easy);
      transfer->Cancel();
    }
    running_.clear();
    curl_multi_cleanup(multi_);
  }

  void Wake() { curl_multi_wakeup(multi_); }
  void Add(std::unique_ptr<Transfer> transfer) {
    CURL* easy = transfer->easy();
    VEILLE_CHECK(curl_multi_add_handle(multi_, easy) == CURLM_OK);
    running_.emplace(easy, std::move(transfer));
  }
  // How many have ended.
  std::size_t Round() {
    int running = 0, left = 0;
    curl_multi_perform(multi_, &running);
    std::size_t ended = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      CURL* easy = message->easy_handle;
      const CURLcode result = message->data.result;
      curl_multi_remove_handle(multi_, easy);
      const auto at = running_.find(easy);
      at->second->Finish(result);
      running_.erase(at);
      ++ended;
    }
    return ended;
  }
  void Wait() { curl_multi_poll(multi_, nullptr, 0, kRoundMs, nullptr); }

 private:
  CURLM* const multi_;
  std::map<CURL*, std::unique_ptr<Transfer>> running_;
};

Transfers::Transfers(Options options)
    : options_(std::move(options)), handle_(std::make_unique<Handle>()) {
  thread_ = Worker(options_.name, [this] { Run(); });
}

Transfers::~Transfers() {
  {
    MutexLock lock(mu_);
    stopping_ = true;
  }
  handle_->Wake();
  thread_.Join();
  MutexLock lock(mu_);
  for (auto& transfer : waiting_) transfer->Cancel();
}

absl::Status Transfers::Start(HttpCall call, Done done) {
  auto transfer = std::make_unique<Transfer>(options_, std::move(done));
  transfer->Prepare(std::move(call));
  return Queue(std::move(transfer));
}

absl::Status Transfers::Start(Mail mail, Done done) {
  auto transfer = std::make_unique<Transfer>(options_, std::move(done));
  transfer->Prepare(std::move(mail));
  return Queue(std::move(transfer));
}

absl::Status Transfers::Queue(std::unique_ptr<Transfer> transfer) {
  {
    MutexLock lock(mu_);
    if (in_flight_ >= options_.max_in_flight)
      return absl::ResourceExhaustedError("too many transfers are under way");
    ++in_flight_;
    waiting_.push_back(std::move(transfer));
  }
  handle_->Wake();
  return absl::OkStatus();
}

void Transfers::Run() {
  while (true) {
    std::deque<std::unique_ptr<Transfer>> fresh;
    {
      MutexLock lock(mu_);
      if (stopping_) return;
      fresh.swap(waiting_);
    }
    for (auto& transfer : fresh) handle_->Add(std::move(transfer));
    const std::size_t ended = handle_->Round();
    {
      MutexLock lock(mu_);
      in_flight_ -= ended;
    }
    handle_->Wait();
  }
}

}  // namespace veille::transfer
