#include "services/gateway/core/source_budget.h"

#include "gtest/gtest.h"

namespace veille::gateway {
namespace {

constexpr absl::Duration kStart = absl::Hours(1);

SourceRates Small() {
  SourceRates rates;
  rates.urgent_batches = {10, 2};
  rates.bulk_batches = {10, 4};
  rates.bulk_bytes = {1000, 1000};
  rates.connects = {1, 2};
  return rates;
}

Admission Bulk(SourceBudget& budget, uint64_t sequence, std::size_t bytes = 1,
               absl::Duration now = kStart) {
  return budget.Bulk("0a", sequence, bytes, now);
}

TEST(SourceBudget, UrgentBatchesAreSlowedButNeverLeft) {
  SourceBudget budget(Small(), kStart);
  EXPECT_EQ(budget.Urgent(kStart), Admission::kTake);
  EXPECT_EQ(budget.Urgent(kStart), Admission::kTake);
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(budget.Urgent(kStart), Admission::kTakeSlowly);
  EXPECT_FALSE(budget.PaidOff(kStart));
  EXPECT_TRUE(budget.PaidOff(kStart + absl::Milliseconds(101)));
}

TEST(SourceBudget, BulkBeyondItsRateIsLeftUntilHalfABurstIsThere) {
  SourceBudget budget(Small(), kStart);
  for (uint64_t sequence = 1; sequence <= 4; ++sequence)
    EXPECT_EQ(Bulk(budget, sequence), Admission::kTake);
  EXPECT_EQ(Bulk(budget, 5), Admission::kLeave);
  EXPECT_EQ(budget.BulkAfter(kStart), absl::Milliseconds(200));
  EXPECT_EQ(Bulk(budget, 5, 1, kStart + absl::Milliseconds(201)), Admission::kTake);
}

TEST(SourceBudget, BulkIsCountedInBytesToo) {
  SourceBudget budget(Small(), kStart);
  EXPECT_EQ(Bulk(budget, 1, 900), Admission::kTake);
  EXPECT_EQ(Bulk(budget, 2, 200), Admission::kLeave);
  EXPECT_EQ(Bulk(budget, 2, 100), Admission::kTake);
}

TEST(SourceBudget, BulkThatSpentEverythingTakesNothingFromWhatIsUrgent) {
  SourceBudget budget(Small(), kStart);
  for (uint64_t sequence = 1; sequence <= 100; ++sequence) Bulk(budget, sequence);
  EXPECT_EQ(budget.Urgent(kStart), Admission::kTake);
}

TEST(SourceBudget, WhatAnEmergencyWaitsForIsTaken) {
  SourceBudget budget(Small(), kStart);
  for (uint64_t sequence = 1; sequence <= 5; ++sequence) Bulk(budget, sequence);
  budget.LetThrough("0a", 6);
  EXPECT_EQ(Bulk(budget, 5), Admission::kTakeSlowly);
  EXPECT_EQ(Bulk(budget, 6), Admission::kTakeSlowly);
  EXPECT_EQ(Bulk(budget, 7), Admission::kLeave);
  EXPECT_EQ(budget.Bulk("0b", 5, 1, kStart), Admission::kLeave);
}

TEST(SourceBudget, ConnectingInHasteHasToWait) {
  SourceBudget budget(Small(), kStart);
  EXPECT_EQ(budget.ConnectAfter(kStart), absl::ZeroDuration());
  EXPECT_EQ(budget.ConnectAfter(kStart), absl::ZeroDuration());
  EXPECT_EQ(budget.ConnectAfter(kStart), absl::Seconds(1));
  EXPECT_EQ(budget.ConnectAfter(kStart + absl::Seconds(2)), absl::ZeroDuration());
}

std::string BatchOf(const event::v1::Event& event, int others) {
  event::v1::EventBatch batch;
  for (int i = 0; i < others; ++i) {
    batch.add_events()->set_device_id("hall");
    batch.mutable_events(i)->mutable_motion();
  }
  *batch.add_events() = event;
  return batch.SerializeAsString();
}

TEST(HoldsEmergency, FindsOneAmongManyOthersWhereverItStands) {
  event::v1::Event event;
  event.mutable_contact();
  EXPECT_FALSE(HoldsEmergency(BatchOf(event, 100)));
  EXPECT_FALSE(IsEmergency(event));
  event.mutable_fall();
  EXPECT_TRUE(HoldsEmergency(BatchOf(event, 100)));
  EXPECT_TRUE(IsEmergency(event));
  event.mutable_personal_emergency();
  EXPECT_TRUE(HoldsEmergency(BatchOf(event, 0)));
  event.mutable_smoke();
  EXPECT_TRUE(HoldsEmergency(BatchOf(event, 3)));
  event.mutable_prompt_answer();
  EXPECT_TRUE(HoldsEmergency(BatchOf(event, 3)));
}

TEST(HoldsEmergency, IsNotTroubledByWhatIsNoBatch) {
  EXPECT_FALSE(HoldsEmergency(""));
  EXPECT_FALSE(HoldsEmergency("\xff\xff\xff\xff\xff\xff"));
  EXPECT_FALSE(HoldsEmergency(std::string("\x0a\x7f", 2)));
  // Cut off in the middle of an SOS.
  event::v1::Event event;
  event.set_device_id("pendant");
  event.mutable_personal_emergency();
  std::string batch = BatchOf(event, 2);
  batch.pop_back();
  EXPECT_TRUE(HoldsEmergency(batch));
}

}  // namespace
}  // namespace veille::gateway
