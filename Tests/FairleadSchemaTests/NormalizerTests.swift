import FairleadModel
import Testing

@testable import FairleadSchema

/// One registry for all tests: loading is what `schemaLoads` checks.
let registry = Result { try TypeRegistry.builtIn() }

func normalized(_ text: String, as type: String) throws -> (json: String, unknown: [String]) {
    var value = try JSON.parse(Array(text.utf8)).value
    let report = try registry.get().normalize(&value, as: type)
    return (json: value.jsonText, unknown: report.unknownFields)
}

let service = "io.k8s.api.core.v1.Service"

@Suite struct NormalizerTests {
    @Test(arguments: [
        // nulls and zero values go, what is always written comes
        (
            service, #"{"spec":{"clusterIP":null,"type":"","ports":[]}}"#,
            #"{"metadata":{},"spec":{},"status":{"loadBalancer":{}}}"#
        ),
        // the schema's default
        (
            service, #"{"spec":{"ports":[{"port":80}]}}"#,
            #"{"metadata":{},"spec":{"ports":[{"port":80,"protocol":"TCP"}]},"status":{"loadBalancer":{}}}"#
        ),
        // pointers keep their zero
        (
            "io.k8s.api.apps.v1.DeploymentSpec", #"{"replicas":0,"minReadySeconds":0}"#,
            #"{"replicas":0,"strategy":{},"template":{"metadata":{},"spec":{"containers":null}}}"#
        ),
        ("io.k8s.api.core.v1.Container", #"{"name":"c"}"#, #"{"name":"c","resources":{}}"#),
        (
            "io.k8s.api.core.v1.Event", "{}",
            #"{"metadata":{},"eventTime":null,"firstTimestamp":null,"involvedObject":{},"lastTimestamp":null,"reportingComponent":"","reportingInstance":"","source":{}}"#
        ),
        (
            "io.k8s.api.discovery.v1.EndpointSlice",
            #"{"addressType":"IPv4","endpoints":[],"ports":[{"name":"","port":0}]}"#,
            #"{"metadata":{},"addressType":"IPv4","endpoints":null,"ports":[{"name":"","port":0}]}"#
        ),
        // canonical forms
        (
            "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta",
            #"{"creationTimestamp":"2026-01-02T03:04:05.9+01:00","deletionTimestamp":"0001-01-01T00:00:00Z"}"#,
            #"{"creationTimestamp":"2026-01-02T02:04:05Z"}"#
        ),
        (
            "io.k8s.api.core.v1.ResourceRequirements",
            #"{"limits":{"cpu":1,"memory":"1024Ki"},"requests":{"cpu":"0.5"}}"#,
            #"{"limits":{"cpu":"1","memory":"1Mi"},"requests":{"cpu":"500m"}}"#
        ),
        (
            "io.k8s.api.core.v1.ConfigMap", #"{"data":{"a":null,"b":"x"},"binaryData":{"c":"AQ\n=="}}"#,
            #"{"metadata":{},"binaryData":{"c":"AQ=="},"data":{"a":"","b":"x"}}"#
        ),
        ("io.k8s.api.core.v1.GRPCAction", #"{"port":1}"#, #"{"port":1,"service":""}"#),
        (
            "io.k8s.api.apps.v1.ControllerRevision", #"{"data":{"any":[1,null]},"revision":0}"#,
            #"{"metadata":{},"data":{"any":[1,null]},"revision":0}"#
        ),
        ("io.k8s.api.autoscaling.v1.Scale", "{}", #"{"metadata":{},"spec":{},"status":{"replicas":0}}"#),
    ])
    func writesWhatGoWouldWrite(type: String, given: String, expected: String) throws {
        #expect(try normalized(given, as: type).json == expected)
    }

    @Test func reportsUnknownFieldsWithStrictPaths() throws {
        let text = #"{"metadata":{"nonsense":1},"spec":{"ports":[{"port":80,"bogus":1}],"selektor":{}},"zzz":1}"#
        let result = try normalized(text, as: service)
        #expect(result.unknown == ["metadata.nonsense", "spec.ports[0].bogus", "spec.selektor", "zzz"])
        #expect(!result.json.contains("bogus"))
    }

    @Test(arguments: [
        (
            #"{"data":{"x":1}}"#, "io.k8s.api.core.v1.ConfigMap",
            "json: cannot unmarshal number into Go struct field ConfigMap.data of type string"
        ),
        (
            #"{"spec":{"ports":[{"port":"80"}]}}"#, service,
            "json: cannot unmarshal string into Go struct field ServicePort.spec.ports.port of type int32"
        ),
        (
            #"{"spec":{"ports":[{"port":80.5}]}}"#, service,
            "json: cannot unmarshal number 80.5 into Go struct field ServicePort.spec.ports.port of type int32"
        ),
        (
            #"{"spec":{"ports":"x"}}"#, service,
            "json: cannot unmarshal string into Go struct field ServiceSpec.spec.ports of type []v1.ServicePort"
        ),
        (
            #"{"spec":{"ports":[{"targetPort":{}}]}}"#, service,
            "json: cannot unmarshal object into Go struct field ServicePort.spec.ports.targetPort of type int32"
        ),
        (
            #"{"spec":{"type":5}}"#, service,
            "json: cannot unmarshal number into Go struct field ServiceSpec.spec.type of type v1.ServiceType"
        ),
        (
            #"{"metadata":[]}"#, "io.k8s.api.core.v1.ConfigMap",
            "json: cannot unmarshal array into Go struct field ConfigMap.metadata of type v1.ObjectMeta"
        ),
        (
            #"{"metadata":{"name":true}}"#, "io.k8s.api.core.v1.ConfigMap",
            "json: cannot unmarshal bool into Go struct field ObjectMeta.metadata.name of type string"
        ),
        (
            #"{"spec":{"replicas":"3"}}"#, "io.k8s.api.apps.v1.Deployment",
            "json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32"
        ),
        (#"{"data":{"x":"not base64!"}}"#, "io.k8s.api.core.v1.Secret", "illegal base64 data at input byte 3"),
        (
            #"{"spec":{"renewTime":"2026-01-02T03:04:06.5Z"}}"#, "io.k8s.api.coordination.v1.Lease",
            #"parsing time "2026-01-02T03:04:06.5Z" as "2006-01-02T15:04:05.000000Z07:00": cannot parse ".5Z" as ".000000""#
        ),
        (#"[]"#, service, "json: cannot unmarshal array into Go value of type v1.Service"),
    ])
    func refusesWrongTypesInGoWords(given: String, type: String, message: String) throws {
        let error = #expect(throws: DecodeError.self) { try normalized(given, as: type) }
        #expect(error?.message == message)
    }

    @Test func leavesNormalisedObjectsAlone() throws {
        let text = try normalized(
            #"{"spec":{"ports":[{"port":80,"targetPort":"http"}],"selector":{"a":"b"}}}"#, as: service
        ).json
        #expect(try normalized(text, as: service).json == text)
    }

    @Test(
        arguments: [
            ("AAAA", nil), ("AA==", nil), ("AAA=", nil), ("", nil), ("AA=A", 3), ("A===", 1), ("AA", 0), ("AA=", 0),
            ("not base64!", 3), ("AAA==", 4), ("AAAA=", 4),
        ] as [(String, Int?)])
    func readsBase64(text: String, fault: Int?) {
        do throws(Base64.Malformed) {
            let canonical = try Base64.canonical(text)
            #expect(fault == nil && canonical == text)
        } catch {
            #expect(error.offset == fault)
        }
    }
}
