// What every server of ours offers beside its services: health and reflection. Spoken to byte by
// byte, as a stranger's client would.

#include "gtest/gtest.h"
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include "common/metrics/http_server.h"
#include "common/rpc/credentials.h"
#include "common/time/clock.h"
#include "tests/integration/rpc/echo_service.h"
#include "tests/support/http.h"

namespace veille::rpc {
namespace {

constexpr absl::Duration kPatience = absl::Seconds(60);

grpc::ByteBuffer ToBuffer(const std::string& bytes) {
  const grpc::Slice slice(bytes);
  return grpc::ByteBuffer(&slice, 1);
}

std::string ToString(const grpc::ByteBuffer& buffer) {
  std::vector<grpc::Slice> slices;
  std::string bytes;
  if (!buffer.Dump(&slices).ok()) return bytes;
  for (const grpc::Slice& slice : slices)
    bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  return bytes;
}

// One request, one answer, on a method of either kind. Empty when it is refused.
std::string Ask(const std::string& address, const std::string& method, const std::string& request) {
  grpc::GenericStub stub(*MakeChannel(address, {}));
  grpc::ClientContext context;
  context.set_deadline(DeadlineAfter(kPatience));
  grpc::CompletionQueue queue;
  const auto next = [&queue] {
    void* tag = nullptr;
    bool ok = false;
    return queue.Next(&tag, &ok) && ok;
  };
  auto call = stub.PrepareCall(&context, method, &queue);
  call->StartCall(nullptr);
  grpc::ByteBuffer answer;
  if (next()) {
    call->Write(ToBuffer(request), nullptr);
    if (next()) {
      call->Read(&answer, nullptr);
      static_cast<void>(next());
    }
  }
  context.TryCancel();
  grpc::Status status;
  call->Finish(&status, nullptr);
  static_cast<void>(next());
  queue.Shutdown();
  while (next()) {
  }
  return ToString(answer);
}

// grpc.health.v1: the request names a service in field 1, the answer is an enum in field 1.
constexpr char kHealth[] = "/grpc.health.v1.Health/Check";
const std::string kAskReadiness = std::string("\x0a\x09") + "readiness";
constexpr char kServing[] = "\x08\x01";
constexpr char kNotServing[] = "\x08\x02";

TEST(Health, IsServingAtOnceAndReadyWhenTheRoleSaysSo) {
  EchoServer server;
  EXPECT_EQ(Ask(server.address(), kHealth, ""), kServing);
  EXPECT_EQ(Ask(server.address(), kHealth, kAskReadiness), "");  // Not known yet.
  server.server->SetReady(true);
  EXPECT_EQ(Ask(server.address(), kHealth, kAskReadiness), kServing);
  server.server->SetReady(false);
  EXPECT_EQ(Ask(server.address(), kHealth, kAskReadiness), kNotServing);
}

TEST(Reflection, NamesTheServices) {
  EchoServer server;
  const std::string listed =
      Ask(server.address(), "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
          std::string("\x3a\x00", 2));
  EXPECT_NE(listed.find("veille.hub.v1.HubGatewayService"), std::string::npos);
  EXPECT_NE(listed.find("grpc.health.v1.Health"), std::string::npos);
}

TEST(Unary, ThatIsDroppedIsAnsweredAllTheSame) {
  // A component that was stopped drops its callbacks; the caller must not wait for ever.
  class Forgetful final : public hub::v1::HubGatewayService::CallbackService {
    grpc::ServerUnaryReactor* SendEvents(grpc::CallbackServerContext* context,
                                         const hub::v1::SendEventsRequest* request,
                                         hub::v1::SendEventsResponse* response) override {
      return AnswerUnary(context, request, response, [](const auto&, const auto&) {});
    }
  };
  StreamRegistry streams;
  Forgetful service;
  Server::Options options;
  options.address = "127.0.0.1:0";
  const auto server = *Server::Start(options, {&service}, streams);
  const auto stub = hub::v1::HubGatewayService::NewStub(
      *MakeChannel("127.0.0.1:" + std::to_string(server->port()), {}));
  grpc::ClientContext context;
  context.set_deadline(DeadlineAfter(kPatience));
  hub::v1::SendEventsResponse response;
  EXPECT_EQ(stub->SendEvents(&context, {}, &response).error_code(), grpc::StatusCode::UNAVAILABLE);
}

TEST(MetricsServer, AnswersScrapersAndRefusesTheRest) {
  metrics::Registry registry;
  registry.NewCounter("veille_events_total", "Events.").Add(7);
  bool healthy = true;
  const auto server = metrics::HttpServer::Start(
      "127.0.0.1:0", registry, [&healthy] { return healthy; }, [&healthy] { return !healthy; });
  ASSERT_TRUE(server.ok()) << server.status();
  const int port = (*server)->port();
  const std::string scraped = testing::HttpGet(port, "/metrics");
  EXPECT_NE(scraped.find("200 OK"), std::string::npos);
  EXPECT_NE(scraped.find("text/plain; version=0.0.4"), std::string::npos);
  EXPECT_EQ(testing::MetricIn(scraped, "veille_events_total"), 7);
  EXPECT_NE(testing::HttpGet(port, "/healthz").find("200 OK"), std::string::npos);
  EXPECT_NE(testing::HttpGet(port, "/readyz").find("503"), std::string::npos);
  healthy = false;
  EXPECT_NE(testing::HttpGet(port, "/readyz").find("200 OK"), std::string::npos);
  EXPECT_NE(testing::HttpGet(port, "/healthz").find("503"), std::string::npos);
  EXPECT_NE(testing::HttpGet(port, "/etc/passwd").find("404"), std::string::npos);
}

TEST(MetricsServer, SaysWhatIsWrongWithItsAddress) {
  metrics::Registry registry;
  for (const char* bad : {"", "9464", "localhost:9464", "127.0.0.1:99999"}) {
    EXPECT_TRUE(
        absl::IsInvalidArgument(metrics::HttpServer::Start(bad, registry, nullptr).status()))
        << bad;
  }
  const auto first = *metrics::HttpServer::Start("127.0.0.1:0", registry, nullptr);
  EXPECT_TRUE(absl::IsUnavailable(
      metrics::HttpServer::Start("127.0.0.1:" + std::to_string(first->port()), registry, nullptr)
          .status()));
}

}  // namespace
}  // namespace veille::rpc
