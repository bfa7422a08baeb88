#include "tests/unit/detector/app/fake_partition_store.h"
#include "tests/unit/detector/app/partition_store_contract.h"

namespace veille::detector {
namespace {

class FakeStores : public StoresUnderTest {
 public:
  PartitionStore& first() override { return first_; }
  PartitionStore& second() override { return second_; }
  void Settle() override {
    first_.Deliver();
    second_.Deliver();
  }
  std::vector<std::string> Queue(int partition) override {
    return world_.partitions[partition].queue;
  }
  std::vector<std::string> Prompts(int partition) override {
    return world_.partitions[partition].prompts;
  }
  std::size_t LogLength(int partition) override { return world_.partitions[partition].log.size(); }

 private:
  FakeWorld world_;
  FakePartitionStore first_{world_, "first"}, second_{world_, "second"};
};

INSTANTIATE_TEST_SUITE_P(Fake, PartitionStoreContract,
                         ::testing::Values(+[]() -> std::unique_ptr<StoresUnderTest> {
                           return std::make_unique<FakeStores>();
                         }));

}  // namespace
}  // namespace veille::detector
