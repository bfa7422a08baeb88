// A named thread that is joined when it goes out of scope. The only way to start a thread.
//
// The body must end by itself when its owner asks it to: a Worker does not interrupt.

#ifndef COMMON_SYNC_WORKER_H_
#define COMMON_SYNC_WORKER_H_

#include <functional>
#include <string>
#include <thread>
#include <utility>

#include <pthread.h>

namespace veille {

class Worker {
 public:
  Worker() = default;
  // `name` shows in ps and gdb; the system keeps 15 characters.
  Worker(std::string name, std::function<void()> body)
      : thread_([name = name.substr(0, 15), body = std::move(body)] {
          pthread_setname_np(pthread_self(), name.c_str());
          body();
        }) {}
  Worker(Worker&&) = default;
  Worker& operator=(Worker&& other) {
    Join();
    thread_ = std::move(other.thread_);
    return *this;
  }
  ~Worker() { Join(); }

  void Join() {
    if (thread_.joinable()) thread_.join();
  }

 private:
  std::thread thread_;
};

}  // namespace veille

#endif  // COMMON_SYNC_WORKER_H_
