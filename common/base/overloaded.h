// One visitor out of several lambdas, for std::visit.

#ifndef COMMON_BASE_OVERLOADED_H_
#define COMMON_BASE_OVERLOADED_H_

namespace veille {

template <typename... Ts>
struct Overloaded : Ts... {
  using Ts::operator()...;
};
template <typename... Ts>
Overloaded(Ts...) -> Overloaded<Ts...>;

}  // namespace veille

#endif  // COMMON_BASE_OVERLOADED_H_
