#include "common/redis/reply.h"

#include <charconv>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include <hiredis/hiredis.h>

#include "common/redis/errors.h"

namespace veille::redis {
namespace {

constexpr std::size_t kDebugStringBytes = 64;

bool Is(const redisReply* node, int type) { return node != nullptr && node->type == type; }

void Describe(ReplyView view, std::string& out) {
  if (view.IsInteger()) {
    absl::StrAppend(&out, view.integer());
  } else if (view.IsArray()) {
    out += '[';
    for (std::size_t i = 0; i < view.size(); ++i) {
      if (i > 0) out += ", ";
      Describe(view[i], out);
    }
    out += ']';
  } else if (view.IsNil()) {
    out += "nil";
  } else {
    const std::string text(view.str().substr(0, kDebugStringBytes));
    absl::StrAppend(&out, view.IsError() ? "error " : "", "\"", absl::CHexEscape(text), "\"",
                    view.str().size() > kDebugStringBytes ? "…" : "");
  }
}

}  // namespace

bool ReplyView::IsNil() const { return node_ == nullptr || node_->type == REDIS_REPLY_NIL; }
bool ReplyView::IsInteger() const { return Is(node_, REDIS_REPLY_INTEGER); }
bool ReplyView::IsString() const {
  return Is(node_, REDIS_REPLY_STRING) || Is(node_, REDIS_REPLY_STATUS);
}
bool ReplyView::IsArray() const { return Is(node_, REDIS_REPLY_ARRAY); }
bool ReplyView::IsError() const { return Is(node_, REDIS_REPLY_ERROR); }

int64_t ReplyView::integer() const { return IsInteger() ? node_->integer : 0; }

std::string_view ReplyView::str() const {
  if (!IsString() && !IsError()) return {};
  return {node_->str, static_cast<std::size_t>(node_->len)};
}

std::size_t ReplyView::size() const {
  return IsArray() ? static_cast<std::size_t>(node_->elements) : 0;
}

ReplyView ReplyView::operator[](std::size_t index) const {
  return index < size() ? ReplyView(node_->element[index]) : ReplyView();
}

absl::StatusOr<int64_t> ReplyView::AsInteger() const {
  if (IsInteger()) return integer();
  const std::string_view text = str();
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (IsString() && error == std::errc() && end == text.data() + text.size()) return value;
  return absl::InvalidArgumentError(absl::StrCat("not an integer: ", ToDebugString()));
}

std::string ReplyView::ToDebugString() const {
  std::string out;
  Describe(*this, out);
  return out;
}

void Reply::Free::operator()(redisReply* node) const { freeReplyObject(node); }

Reply::Reply(redisReply* owned) : ReplyView(owned), owned_(owned) {}

Reply::Reply(Reply&& other) noexcept
    : ReplyView(std::exchange(static_cast<ReplyView&>(other), ReplyView())),
      owned_(std::move(other.owned_)) {}

Reply& Reply::operator=(Reply&& other) noexcept {
  static_cast<ReplyView&>(*this) = std::exchange(static_cast<ReplyView&>(other), ReplyView());
  owned_ = std::move(other.owned_);
  return *this;
}

absl::StatusOr<Reply> Reply::Parse(std::string_view wire) {
  std::unique_ptr<redisReader, void (*)(redisReader*)> reader(redisReaderCreate(), redisReaderFree);
  void* node = nullptr;
  redisReaderFeed(reader.get(), wire.data(), wire.size());
  if (redisReaderGetReply(reader.get(), &node) != REDIS_OK || node == nullptr) {
    return absl::InvalidArgumentError("not a complete reply in the redis protocol");
  }
  Reply reply(static_cast<redisReply*>(node));
  if (reply.IsError()) return StatusFromErrorReply(reply.str());
  return reply;
}

Reply Reply::Integer(int64_t value) { return *Parse(absl::StrCat(":", value, "\r\n")); }

Reply Reply::String(std::string_view value) {
  return *Parse(absl::StrCat("$", value.size(), "\r\n", std::string(value), "\r\n"));
}

}  // namespace veille::redis
