// What Redis answered. A Reply owns its tree and is as cheap to move as a pointer; a ReplyView is a
// borrowed node that is valid while the Reply lives, wherever that was moved to. Errors never are
// replies: the client turns them into Status (errors.h). Accessors of another type than the node's
// answer 0, "" or no elements, so that a reply of an unexpected shape is never undefined behaviour.
#ifndef COMMON_REDIS_REPLY_H_
#define COMMON_REDIS_REPLY_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

struct redisReply;  // hiredis

namespace veille::redis {

class ReplyView {
 public:
  ReplyView() = default;  // Nil.
  explicit ReplyView(const redisReply* node) : node_(node) {}

  bool IsNil() const;
  bool IsInteger() const;
  bool IsString() const;  // Bulk strings and statuses such as "OK".
  bool IsArray() const;
  bool IsError() const;  // Only inside arrays, e.g. of EXEC.

  int64_t integer() const;
  std::string_view str() const;
  std::size_t size() const;                       // Of an array, else 0.
  ReplyView operator[](std::size_t index) const;  // Nil when out of range.

  class Iterator {
   public:
    Iterator(const redisReply* node, std::size_t index) : node_(node), index_(index) {}
    ReplyView operator*() const { return ReplyView(node_)[index_]; }
    Iterator& operator++() {
      ++index_;
      return *this;
    }
    bool operator==(const Iterator& other) const { return index_ == other.index_; }

   private:
    const redisReply* node_;
    std::size_t index_;
  };
  struct Elements {
    const redisReply* node;
    std::size_t count;
    Iterator begin() const { return {node, 0}; }
    Iterator end() const { return {node, count}; }
    std::size_t size() const { return count; }
    bool empty() const { return count == 0; }
    ReplyView operator[](std::size_t index) const { return ReplyView(node)[index]; }
  };
  Elements elements() const { return {node_, size()}; }

  // The number in an integer reply or in a string of digits; INVALID_ARGUMENT for all else.
  absl::StatusOr<int64_t> AsInteger() const;

  // For logs and tests: [1, "a", nil]. Long strings are shortened.
  std::string ToDebugString() const;

 private:
  const redisReply* node_ = nullptr;
};

class Reply : public ReplyView {
 public:
  Reply() = default;
  explicit Reply(redisReply* owned);
  Reply(Reply&& other) noexcept;
  Reply& operator=(Reply&& other) noexcept;

  // For fakes: a reply as it would come over the wire ("*2\r\n:1\r\n$1\r\na\r\n"), and the simple
  // kinds. An error ("-ERR …") comes back as the Status that the client would give.
  static absl::StatusOr<Reply> Parse(std::string_view wire);
  static Reply Nil() { return Reply(); }
  static Reply Integer(int64_t value);
  static Reply String(std::string_view value);

 private:
  struct Free {
    void operator()(redisReply* node) const;
  };
  std::unique_ptr<redisReply, Free> owned_;
};

}  // namespace veille::redis

#endif  // COMMON_REDIS_REPLY_H_
