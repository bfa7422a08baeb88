#include "common/redis/outbox.h"

#include <initializer_list>
#include <string>

#include <gtest/gtest.h>

namespace veille::redis {
namespace {

// Commands are told apart by their text; `deadline_s` counts up from 1.
Chunk MakeChunk(std::initializer_list<const char*> texts, std::string* log) {
  Chunk chunk;
  int deadline_s = 1;
  for (const char* text : texts) {
    chunk.bytes += text;
    chunk.commands.push_back({.done = [log, text](absl::StatusOr<Reply>) { *log += text; },
                              .end = chunk.bytes.size(),
                              .deadline = absl::Seconds(deadline_s++)});
  }
  return chunk;
}

std::string Call(std::vector<Outbox::Finished> finished, std::string& log) {
  log.clear();
  for (auto& command : finished) std::move(command.done)(Reply());
  return log;
}

std::string AnswerAll(Outbox& outbox, std::string& log) {
  log.clear();
  std::string_view wire;
  while (auto command = outbox.Answer(&wire)) std::move(command->done)(Reply());
  return log;
}

TEST(Outbox, AnswersInTheOrderOfWriting) {
  std::string log;
  Outbox outbox;
  outbox.Add(MakeChunk({"one", "two"}, &log));
  outbox.Wrote(outbox.Unwritten(10).size());
  outbox.Add(MakeChunk({"three"}, &log));
  EXPECT_EQ(outbox.Unwritten(10), "three");
  outbox.Wrote(5);
  EXPECT_EQ(outbox.in_flight(), 3U);
  EXPECT_EQ(AnswerAll(outbox, log), "onetwothree");
  EXPECT_TRUE(outbox.empty());
}

TEST(Outbox, HoldsBackWhatIsBeyondTheWindow) {
  std::string log;
  Outbox outbox;
  outbox.Add(MakeChunk({"one", "two", "three"}, &log));
  EXPECT_EQ(outbox.Unwritten(2), "onetwo");
  outbox.Wrote(6);
  EXPECT_EQ(outbox.Unwritten(2), "");
  std::string_view wire;
  EXPECT_TRUE(outbox.Answer(&wire).has_value());
  EXPECT_EQ(wire, "one");
  EXPECT_EQ(outbox.Unwritten(2), "three");
}

TEST(Outbox, OfALostConnectionKeepsWhatWasWrittenInPart) {
  std::string log;
  Outbox outbox;
  outbox.Add(MakeChunk({"one", "two", "three"}, &log));
  outbox.Wrote(5);  // "one" and half of "two".
  EXPECT_EQ(Call(outbox.Lost(), log), "one");
  EXPECT_EQ(outbox.Unwritten(10), "twothree");
  outbox.Wrote(8);
  EXPECT_EQ(AnswerAll(outbox, log), "twothree");
}

TEST(Outbox, ExpiresWhatIsUnwrittenAndStaysInStep) {
  std::string log;
  Outbox outbox;
  outbox.Add(MakeChunk({"one", "two", "three"}, &log));
  outbox.Unwritten(1);
  outbox.Wrote(3);
  EXPECT_EQ(*outbox.NextDeadline(), absl::Seconds(2));
  EXPECT_EQ(Call(outbox.Expire(absl::Seconds(2)), log), "two");
  EXPECT_EQ(outbox.Unwritten(10), "three");
  outbox.Wrote(5);
  EXPECT_EQ(AnswerAll(outbox, log), "onethree");
}

TEST(Outbox, NeverExpiresTheRestOfAHalfWrittenCommand) {
  std::string log;
  Outbox outbox;
  outbox.Add(MakeChunk({"one", "two"}, &log));
  outbox.Wrote(1);
  EXPECT_EQ(Call(outbox.Expire(absl::Seconds(9)), log), "");
  EXPECT_EQ(outbox.Unwritten(10), "netwo");
  EXPECT_EQ(Call(outbox.Clear(), log), "onetwo");
  EXPECT_TRUE(outbox.empty());
}

}  // namespace
}  // namespace veille::redis
