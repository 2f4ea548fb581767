#include "CFairleadAssets.h"

// Every file of openapi/ and Migrations/, compiled in with C23's `#embed`.
// A new file needs two lines here: its bytes and its entry in the table.
static const unsigned char openapi_admissionregistration_v1[] = {
#embed "../../openapi/admissionregistration.v1.json"
};
static const unsigned char openapi_apiextensions_v1[] = {
#embed "../../openapi/apiextensions.v1.json"
};
static const unsigned char openapi_apiregistration_v1[] = {
#embed "../../openapi/apiregistration.v1.json"
};
static const unsigned char openapi_apps_v1[] = {
#embed "../../openapi/apps.v1.json"
};
static const unsigned char openapi_authentication_v1[] = {
#embed "../../openapi/authentication.v1.json"
};
static const unsigned char openapi_authorization_v1[] = {
#embed "../../openapi/authorization.v1.json"
};
static const unsigned char openapi_autoscaling_v1[] = {
#embed "../../openapi/autoscaling.v1.json"
};
static const unsigned char openapi_autoscaling_v2[] = {
#embed "../../openapi/autoscaling.v2.json"
};
static const unsigned char openapi_batch_v1[] = {
#embed "../../openapi/batch.v1.json"
};
static const unsigned char openapi_certificates_v1[] = {
#embed "../../openapi/certificates.v1.json"
};
static const unsigned char openapi_coordination_v1[] = {
#embed "../../openapi/coordination.v1.json"
};
static const unsigned char openapi_core_v1[] = {
#embed "../../openapi/core.v1.json"
};
static const unsigned char openapi_discovery_v1[] = {
#embed "../../openapi/discovery.v1.json"
};
static const unsigned char openapi_events_v1[] = {
#embed "../../openapi/events.v1.json"
};
static const unsigned char openapi_flowcontrol_v1[] = {
#embed "../../openapi/flowcontrol.v1.json"
};
static const unsigned char openapi_meta_v1[] = {
#embed "../../openapi/meta.v1.json"
};
static const unsigned char openapi_networking_v1[] = {
#embed "../../openapi/networking.v1.json"
};
static const unsigned char openapi_node_v1[] = {
#embed "../../openapi/node.v1.json"
};
static const unsigned char openapi_policy_v1[] = {
#embed "../../openapi/policy.v1.json"
};
static const unsigned char openapi_rbac_v1[] = {
#embed "../../openapi/rbac.v1.json"
};
static const unsigned char openapi_resource_v1[] = {
#embed "../../openapi/resource.v1.json"
};
static const unsigned char openapi_scheduling_v1[] = {
#embed "../../openapi/scheduling.v1.json"
};
static const unsigned char openapi_storage_v1[] = {
#embed "../../openapi/storage.v1.json"
};
static const unsigned char migrations_0001_versions[] = {
#embed "../../Migrations/0001_versions.sql"
};
static const unsigned char migrations_0002_checksums[] = {
#embed "../../Migrations/0002_checksums.sql"
};

const fairlead_asset fairlead_assets[] = {
    {"openapi/admissionregistration.v1.json", openapi_admissionregistration_v1, sizeof(openapi_admissionregistration_v1)},
    {"openapi/apiextensions.v1.json", openapi_apiextensions_v1, sizeof(openapi_apiextensions_v1)},
    {"openapi/apiregistration.v1.json", openapi_apiregistration_v1, sizeof(openapi_apiregistration_v1)},
    {"openapi/apps.v1.json", openapi_apps_v1, sizeof(openapi_apps_v1)},
    {"openapi/authentication.v1.json", openapi_authentication_v1, sizeof(openapi_authentication_v1)},
    {"openapi/authorization.v1.json", openapi_authorization_v1, sizeof(openapi_authorization_v1)},
    {"openapi/autoscaling.v1.json", openapi_autoscaling_v1, sizeof(openapi_autoscaling_v1)},
    {"openapi/autoscaling.v2.json", openapi_autoscaling_v2, sizeof(openapi_autoscaling_v2)},
    {"openapi/batch.v1.json", openapi_batch_v1, sizeof(openapi_batch_v1)},
    {"openapi/certificates.v1.json", openapi_certificates_v1, sizeof(openapi_certificates_v1)},
    {"openapi/coordination.v1.json", openapi_coordination_v1, sizeof(openapi_coordination_v1)},
    {"openapi/core.v1.json", openapi_core_v1, sizeof(openapi_core_v1)},
    {"openapi/discovery.v1.json", openapi_discovery_v1, sizeof(openapi_discovery_v1)},
    {"openapi/events.v1.json", openapi_events_v1, sizeof(openapi_events_v1)},
    {"openapi/flowcontrol.v1.json", openapi_flowcontrol_v1, sizeof(openapi_flowcontrol_v1)},
    {"openapi/meta.v1.json", openapi_meta_v1, sizeof(openapi_meta_v1)},
    {"openapi/networking.v1.json", openapi_networking_v1, sizeof(openapi_networking_v1)},
    {"openapi/node.v1.json", openapi_node_v1, sizeof(openapi_node_v1)},
    {"openapi/policy.v1.json", openapi_policy_v1, sizeof(openapi_policy_v1)},
    {"openapi/rbac.v1.json", openapi_rbac_v1, sizeof(openapi_rbac_v1)},
    {"openapi/resource.v1.json", openapi_resource_v1, sizeof(openapi_resource_v1)},
    {"openapi/scheduling.v1.json", openapi_scheduling_v1, sizeof(openapi_scheduling_v1)},
    {"openapi/storage.v1.json", openapi_storage_v1, sizeof(openapi_storage_v1)},
    {"Migrations/0001_versions.sql", migrations_0001_versions, sizeof(migrations_0001_versions)},
    {"Migrations/0002_checksums.sql", migrations_0002_checksums, sizeof(migrations_0002_checksums)},
};
const size_t fairlead_asset_count = sizeof(fairlead_assets) / sizeof(fairlead_assets[0]);
const fairlead_asset *fairlead_asset_at(size_t index) { return &fairlead_assets[index]; }
const char *fairlead_build_date(void) { return __DATE__ " " __TIME__; }
