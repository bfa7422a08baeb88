#include "tests/support/redis_server.h"

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <utility>

namespace veille::testing {
namespace {

void OrDie(const absl::Status& status) {
  if (status.ok()) return;
  std::fprintf(stderr, "redis-server for the test: %s\n", status.ToString().c_str());
  std::abort();
}

}  // namespace

RedisServer::RedisServer(redis::PrivateServer::Options options) {
  // Short, since the path of a unix socket holds 107 bytes.
  char folder[] = "/tmp/veille-redis-XXXXXX";
  if (mkdtemp(folder) == nullptr) OrDie(absl::UnavailableError("cannot make a folder in /tmp"));
  folder_ = folder;
  options.data_dir = folder_;
  auto server = redis::PrivateServer::Start(std::move(options));
  OrDie(server.status());
  server_ = *std::move(server);
}

RedisServer::~RedisServer() {
  client_.reset();
  server_->Kill();
  server_.reset();
  std::error_code error;
  std::filesystem::remove_all(folder_, error);
}

redis::Client& RedisServer::client() {
  if (client_ == nullptr) {
    redis::PipelinedClient::Options options;
    options.scripts = scripts_;
    options.name = "test";
    client_ = NewClient(std::move(options));
  }
  return *client_;
}

std::unique_ptr<redis::PipelinedClient> RedisServer::NewClient(
    redis::PipelinedClient::Options options) {
  options.endpoint = endpoint();
  return std::make_unique<redis::PipelinedClient>(std::move(options));
}

void RedisServer::Kill() { server_->Kill(); }
void RedisServer::Restart() { OrDie(server_->Restart()); }
void RedisServer::Stop() { OrDie(server_->Stop()); }

}  // namespace veille::testing
