#include "services/care/adapters/care_service.h"

#include <utility>

#include "veille/care/v1/care_service.grpc.pb.h"

#include "common/rpc/plain_calls.h"
#include "common/rpc/unary.h"
#include "services/care/adapters/caller.h"
#include "services/care/app/requests.h"

namespace veille::care {
namespace {

using Context = grpc::CallbackServerContext;
using Reactor = grpc::ServerUnaryReactor;

// Each method hands its messages to Handle(), which blocks for Redis: people's calls are rare, and
// a few of gRPC's threads may wait.
class CareService final : public v1::CareService::CallbackService {
 public:
  CareService(CareDesk& desk, const domain::Access& access) : desk_(desk), access_(access) {}

  Reactor* ListHomes(Context* context, const v1::ListHomesRequest* request,
                     v1::ListHomesResponse* response) override {
    return Answer(context, request, response, "ListHomes");
  }
  Reactor* GetHome(Context* context, const v1::GetHomeRequest* request,
                   v1::GetHomeResponse* response) override {
    return Answer(context, request, response, "GetHome");
  }
  Reactor* CreateHome(Context* context, const v1::CreateHomeRequest* request,
                      v1::CreateHomeResponse* response) override {
    return Answer(context, request, response, "CreateHome");
  }
  Reactor* UpdateHome(Context* context, const v1::UpdateHomeRequest* request,
                      v1::UpdateHomeResponse* response) override {
    return Answer(context, request, response, "UpdateHome");
  }
  Reactor* DeleteHome(Context* context, const v1::DeleteHomeRequest* request,
                      v1::DeleteHomeResponse* response) override {
    return Answer(context, request, response, "DeleteHome");
  }
  Reactor* ListSources(Context* context, const v1::ListSourcesRequest* request,
                       v1::ListSourcesResponse* response) override {
    return Answer(context, request, response, "ListSources");
  }
  Reactor* GetSource(Context* context, const v1::GetSourceRequest* request,
                     v1::GetSourceResponse* response) override {
    return Answer(context, request, response, "GetSource");
  }
  Reactor* CreateSource(Context* context, const v1::CreateSourceRequest* request,
                        v1::CreateSourceResponse* response) override {
    return Answer(context, request, response, "CreateSource");
  }
  Reactor* UpdateSource(Context* context, const v1::UpdateSourceRequest* request,
                        v1::UpdateSourceResponse* response) override {
    return Answer(context, request, response, "UpdateSource");
  }
  Reactor* DeleteSource(Context* context, const v1::DeleteSourceRequest* request,
                        v1::DeleteSourceResponse* response) override {
    return Answer(context, request, response, "DeleteSource");
  }
  Reactor* ListDevices(Context* context, const v1::ListDevicesRequest* request,
                       v1::ListDevicesResponse* response) override {
    return Answer(context, request, response, "ListDevices");
  }
  Reactor* GetDevice(Context* context, const v1::GetDeviceRequest* request,
                     v1::GetDeviceResponse* response) override {
    return Answer(context, request, response, "GetDevice");
  }
  Reactor* CreateDevice(Context* context, const v1::CreateDeviceRequest* request,
                        v1::CreateDeviceResponse* response) override {
    return Answer(context, request, response, "CreateDevice");
  }
  Reactor* UpdateDevice(Context* context, const v1::UpdateDeviceRequest* request,
                        v1::UpdateDeviceResponse* response) override {
    return Answer(context, request, response, "UpdateDevice");
  }
  Reactor* DeleteDevice(Context* context, const v1::DeleteDeviceRequest* request,
                        v1::DeleteDeviceResponse* response) override {
    return Answer(context, request, response, "DeleteDevice");
  }
  Reactor* ListRooms(Context* context, const v1::ListRoomsRequest* request,
                     v1::ListRoomsResponse* response) override {
    return Answer(context, request, response, "ListRooms");
  }
  Reactor* GetRoom(Context* context, const v1::GetRoomRequest* request,
                   v1::GetRoomResponse* response) override {
    return Answer(context, request, response, "GetRoom");
  }
  Reactor* CreateRoom(Context* context, const v1::CreateRoomRequest* request,
                      v1::CreateRoomResponse* response) override {
    return Answer(context, request, response, "CreateRoom");
  }
  Reactor* UpdateRoom(Context* context, const v1::UpdateRoomRequest* request,
                      v1::UpdateRoomResponse* response) override {
    return Answer(context, request, response, "UpdateRoom");
  }
  Reactor* DeleteRoom(Context* context, const v1::DeleteRoomRequest* request,
                      v1::DeleteRoomResponse* response) override {
    return Answer(context, request, response, "DeleteRoom");
  }
  Reactor* ListPatients(Context* context, const v1::ListPatientsRequest* request,
                        v1::ListPatientsResponse* response) override {
    return Answer(context, request, response, "ListPatients");
  }
  Reactor* GetPatient(Context* context, const v1::GetPatientRequest* request,
                      v1::GetPatientResponse* response) override {
    return Answer(context, request, response, "GetPatient");
  }
  Reactor* CreatePatient(Context* context, const v1::CreatePatientRequest* request,
                         v1::CreatePatientResponse* response) override {
    return Answer(context, request, response, "CreatePatient");
  }
  Reactor* UpdatePatient(Context* context, const v1::UpdatePatientRequest* request,
                         v1::UpdatePatientResponse* response) override {
    return Answer(context, request, response, "UpdatePatient");
  }
  Reactor* DeletePatient(Context* context, const v1::DeletePatientRequest* request,
                         v1::DeletePatientResponse* response) override {
    return Answer(context, request, response, "DeletePatient");
  }
  Reactor* ListZones(Context* context, const v1::ListZonesRequest* request,
                     v1::ListZonesResponse* response) override {
    return Answer(context, request, response, "ListZones");
  }
  Reactor* GetZone(Context* context, const v1::GetZoneRequest* request,
                   v1::GetZoneResponse* response) override {
    return Answer(context, request, response, "GetZone");
  }
  Reactor* CreateZone(Context* context, const v1::CreateZoneRequest* request,
                      v1::CreateZoneResponse* response) override {
    return Answer(context, request, response, "CreateZone");
  }
  Reactor* UpdateZone(Context* context, const v1::UpdateZoneRequest* request,
                      v1::UpdateZoneResponse* response) override {
    return Answer(context, request, response, "UpdateZone");
  }
  Reactor* DeleteZone(Context* context, const v1::DeleteZoneRequest* request,
                      v1::DeleteZoneResponse* response) override {
    return Answer(context, request, response, "DeleteZone");
  }
  Reactor* ListMembers(Context* context, const v1::ListMembersRequest* request,
                       v1::ListMembersResponse* response) override {
    return Answer(context, request, response, "ListMembers");
  }
  Reactor* GetMember(Context* context, const v1::GetMemberRequest* request,
                     v1::GetMemberResponse* response) override {
    return Answer(context, request, response, "GetMember");
  }
  Reactor* CreateMember(Context* context, const v1::CreateMemberRequest* request,
                        v1::CreateMemberResponse* response) override {
    return Answer(context, request, response, "CreateMember");
  }
  Reactor* UpdateMember(Context* context, const v1::UpdateMemberRequest* request,
                        v1::UpdateMemberResponse* response) override {
    return Answer(context, request, response, "UpdateMember");
  }
  Reactor* DeleteMember(Context* context, const v1::DeleteMemberRequest* request,
                        v1::DeleteMemberResponse* response) override {
    return Answer(context, request, response, "DeleteMember");
  }
  Reactor* ListConsents(Context* context, const v1::ListConsentsRequest* request,
                        v1::ListConsentsResponse* response) override {
    return Answer(context, request, response, "ListConsents");
  }
  Reactor* GetConsent(Context* context, const v1::GetConsentRequest* request,
                      v1::GetConsentResponse* response) override {
    return Answer(context, request, response, "GetConsent");
  }
  Reactor* CreateConsent(Context* context, const v1::CreateConsentRequest* request,
                         v1::CreateConsentResponse* response) override {
    return Answer(context, request, response, "CreateConsent");
  }
  Reactor* UpdateConsent(Context* context, const v1::UpdateConsentRequest* request,
                         v1::UpdateConsentResponse* response) override {
    return Answer(context, request, response, "UpdateConsent");
  }
  Reactor* DeleteConsent(Context* context, const v1::DeleteConsentRequest* request,
                         v1::DeleteConsentResponse* response) override {
    return Answer(context, request, response, "DeleteConsent");
  }
  Reactor* ListGrants(Context* context, const v1::ListGrantsRequest* request,
                      v1::ListGrantsResponse* response) override {
    return Answer(context, request, response, "ListGrants");
  }
  Reactor* GetGrant(Context* context, const v1::GetGrantRequest* request,
                    v1::GetGrantResponse* response) override {
    return Answer(context, request, response, "GetGrant");
  }
  Reactor* CreateGrant(Context* context, const v1::CreateGrantRequest* request,
                       v1::CreateGrantResponse* response) override {
    return Answer(context, request, response, "CreateGrant");
  }
  Reactor* UpdateGrant(Context* context, const v1::UpdateGrantRequest* request,
                       v1::UpdateGrantResponse* response) override {
    return Answer(context, request, response, "UpdateGrant");
  }
  Reactor* DeleteGrant(Context* context, const v1::DeleteGrantRequest* request,
                       v1::DeleteGrantResponse* response) override {
    return Answer(context, request, response, "DeleteGrant");
  }
  Reactor* GetCircle(Context* context, const v1::GetCircleRequest* request,
                     v1::GetCircleResponse* response) override {
    return Answer(context, request, response, "GetCircle");
  }
  Reactor* UpdateCircle(Context* context, const v1::UpdateCircleRequest* request,
                        v1::UpdateCircleResponse* response) override {
    return Answer(context, request, response, "UpdateCircle");
  }
  Reactor* GetCarePlan(Context* context, const v1::GetCarePlanRequest* request,
                       v1::GetCarePlanResponse* response) override {
    return Answer(context, request, response, "GetCarePlan");
  }
  Reactor* UpdateCarePlan(Context* context, const v1::UpdateCarePlanRequest* request,
                          v1::UpdateCarePlanResponse* response) override {
    return Answer(context, request, response, "UpdateCarePlan");
  }
  Reactor* ListCarePlanRevisions(Context* context, const v1::ListCarePlanRevisionsRequest* request,
                                 v1::ListCarePlanRevisionsResponse* response) override {
    return Answer(context, request, response, "ListCarePlanRevisions");
  }
  Reactor* RollbackCarePlan(Context* context, const v1::RollbackCarePlanRequest* request,
                            v1::RollbackCarePlanResponse* response) override {
    return Answer(context, request, response, "RollbackCarePlan");
  }
  Reactor* GetContext(Context* context, const v1::GetContextRequest* request,
                      v1::GetContextResponse* response) override {
    return Answer(context, request, response, "GetContext");
  }
  Reactor* UpdateContext(Context* context, const v1::UpdateContextRequest* request,
                         v1::UpdateContextResponse* response) override {
    return Answer(context, request, response, "UpdateContext");
  }

 private:
  template <typename Request, typename Response>
  Reactor* Answer(Context* context, const Request* request, Response* response,
                  const char* method) {
    return rpc::AnswerUnary(context, request, response, [&](const Request& asked, auto answer) {
      answer(Ask<Request, Response>(*context, asked, method));
    });
  }

  template <typename Request, typename Response>
  absl::StatusOr<Response> Ask(const Context& context, const Request& request, const char* method) {
    if (absl::Status haste = rpc::CountPlainCall<Request>(context); !haste.ok()) return haste;
    const absl::StatusOr<Caller> caller = CallerOf(context, access_);
    if (!caller.ok()) return caller.status();
    Response response;
    absl::Status status = Handle(desk_, {*caller, method}, request, response);
    if (!status.ok()) return status;
    return response;
  }

  CareDesk& desk_;
  const domain::Access& access_;
};

}  // namespace

std::shared_ptr<grpc::Service> MakeCareService(CareDesk& desk, const domain::Access& access) {
  return std::make_shared<CareService>(desk, access);
}

}  // namespace veille::care
