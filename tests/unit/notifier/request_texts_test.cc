#include "services/notifier/core/request_texts.h"

#include "gtest/gtest.h"

#include "veille/alert/v1/alert_service.pb.h"

namespace veille::notifier {
namespace {

std::string Faults(const google::protobuf::Message& request) {
  std::string faults;
  for (const OverlongText& text : OverlongTexts(request))
    faults += text.field + ":" + std::to_string(text.most) + " ";
  return faults;
}

TEST(RequestTexts, WhatIsMeantIsTaken) {
  alert::v1::ResolveAlertRequest request;
  request.set_alert_id(std::string(64, 'h') + "." + std::string(32, '1'));
  request.set_caregiver_id(std::string(64, 'c'));
  request.set_note(std::string(2000, 'n'));
  EXPECT_EQ(Faults(request), "");
}

TEST(RequestTexts, EveryFieldHasItsBound) {
  alert::v1::ResolveAlertRequest request;
  request.set_alert_id(std::string(161, 'x'));
  request.set_caregiver_id(std::string(161, 'x'));
  request.set_note(std::string(2001, 'x'));
  request.set_client(std::string(65, 'x'));
  request.set_request_id(std::string(65, 'x'));
  EXPECT_EQ(Faults(request), "alert_id:160 caregiver_id:160 note:2000 client:64 request_id:64 ");
  alert::v1::ListAlertsRequest list;
  list.set_page_token(std::string(129, 'x'));
  EXPECT_EQ(Faults(list), "page_token:128 ");
}

}  // namespace
}  // namespace veille::notifier
