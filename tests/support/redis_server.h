// A real redis-server for a test: on a socket in a temporary folder, gone with the object.
//   RedisServer redis;                       // CHECK-fails with the server's log when it cannot
//   start redis.client().CommandSync({"PING"});
#ifndef TESTS_SUPPORT_REDIS_SERVER_H_
#define TESTS_SUPPORT_REDIS_SERVER_H_

#include <memory>
#include <string>
#include <vector>

#include "common/redis/pipelined_client.h"
#include "common/redis/private_server.h"

namespace veille::testing {

class RedisServer {
 public:
  // `options.data_dir` is set here. Tests that do not kill the server can save time with
  // `append_only = false`.
  explicit RedisServer(redis::PrivateServer::Options options = {});
  ~RedisServer();
  RedisServer(const RedisServer&) = delete;
  RedisServer& operator=(const RedisServer&) = delete;

  // The scripts that client() will know; before its first use.
  void set_scripts(std::vector<redis::Script> scripts) { scripts_ = std::move(scripts); }
  // A client of the test's own, made at first use.
  redis::Client& client();
  // Another connection, with these options and this endpoint.
  std::unique_ptr<redis::PipelinedClient> NewClient(redis::PipelinedClient::Options options = {});

  void Kill();     // SIGKILL
  void Restart();  // After Kill() or Stop(); CHECK-fails when it does not come up.
  void Stop();

  redis::Endpoint endpoint() const { return server_->endpoint(); }
  const std::string& socket_path() const { return server_->socket_path(); }
  const std::string& folder() const { return folder_; }
  redis::PrivateServer& server() { return *server_; }

 private:
  std::string folder_;
  std::vector<redis::Script> scripts_;
  std::unique_ptr<redis::PrivateServer> server_;
  std::unique_ptr<redis::PipelinedClient> client_;
};

}  // namespace veille::testing

#endif  // TESTS_SUPPORT_REDIS_SERVER_H_
