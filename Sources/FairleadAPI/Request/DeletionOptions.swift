import FairleadModel
import FairleadSchema

/// How something is to be deleted (meta/v1 DeleteOptions), from the body or, if there is none, from the query. With a
/// body, the query is ignored, as in Kubernetes.
package struct DeletionOptions: Sendable {
    package enum Propagation: String, Sendable {
        case orphan = "Orphan"
        case background = "Background"
        case foreground = "Foreground"
    }

    package var gracePeriodSeconds: Int64?
    package var propagation: Propagation?
    /// The older form of `propagation`, which changes how the deletion is answered.
    package var orphanDependents: Bool?
    package var uid: String?
    package var resourceVersion: String?
    package var isDryRun = false
    /// nil if the deletion needs no dynamic admission.
    package var requester: Requester?
    /// Whether the object is one of a collection, which is not named to whoever admits its deletion.
    var isOfCollection = false
    /// What the client gave.
    private var given = Object()

    package init() {}

    init(_ request: APIRequest, _ decoder: BodyDecoder) throws(APIStatus) {
        var object = Object()
        if !request.body.isEmpty {
            object = try Self.decode(request, decoder)
        } else {
            var seen: Set<String> = []
            // If a name occurs twice, the first value wins.
            for (name, value) in request.query where seen.insert(name).inserted || name == "dryRun" {
                switch name {
                case "gracePeriodSeconds": object[name] = try QueryValue.integer(value).map { .int($0) }
                case "propagationPolicy": object[name] = .string(value)
                case "orphanDependents": object[name] = .bool(QueryValue.bool(value))
                case "dryRun":
                    object[name] = .array((object[name]?.array ?? []) + [.string(value)])
                default: break
                }
            }
        }
        try self.init(object)
    }

    /// Reads DeleteOptions embedded in another object (an Eviction); null means none.
    init(_ value: Value) throws(APIStatus) { try self.init(value.object ?? Object()) }

    private init(_ object: Object) throws(APIStatus) {
        given = object
        var errors: [FieldError] = []
        let path = FieldPath("propagationPolicy")
        let policy = object["propagationPolicy"]?.string
        if let policy, !policy.isEmpty, Propagation(rawValue: policy) == nil {
            errors.append(
                FieldError(
                    .notSupported, path, printedValue: policy.goQuoted,
                    detail: "supported values: \"Foreground\", \"Background\", \"Orphan\", \"nil\""))
        }
        if let orphan = object["orphanDependents"]?.bool {
            if let policy {
                errors.insert(
                    .invalid(
                        path, .string(policy), "orphanDependents and deletionPropagation cannot be both set"), at: 0)
            }
            orphanDependents = orphan
            propagation = orphan ? .orphan : .background
        }
        if let policy, let known = Propagation(rawValue: policy) { propagation = known }
        let dryRun = object["dryRun"]?.array?.compactMap(\.string) ?? []
        if !dryRun.isEmpty {
            if dryRun.allSatisfy({ $0 == "All" }) {
                isDryRun = true
            } else {
                errors.append(WriteOptions.dryRunError(dryRun))
            }
        }
        gracePeriodSeconds = object["gracePeriodSeconds"]?.int
        uid = object["preconditions"]?["uid"]?.string
        resourceVersion = object["preconditions"]?["resourceVersion"]?.string
        if !errors.isEmpty { throw .invalid(group: "meta.k8s.io", kind: "DeleteOptions", name: "", errors: errors) }
    }

    /// The options as an object.
    var value: Value {
        var object = given
        if let period = gracePeriodSeconds { object["gracePeriodSeconds"] = .int(period) }
        if let propagation, orphanDependents == nil { object["propagationPolicy"] = .string(propagation.rawValue) }
        var preconditions = Object()
        if let uid { preconditions["uid"] = .string(uid) }
        if let resourceVersion { preconditions["resourceVersion"] = .string(resourceVersion) }
        if !preconditions.isEmpty { object["preconditions"] = .object(preconditions) }
        if isDryRun { object["dryRun"] = ["All"] }
        object["kind"] = "DeleteOptions"
        object["apiVersion"] = "meta.k8s.io/v1"
        return .object(object)
    }

    private static func decode(_ request: APIRequest, _ decoder: BodyDecoder) throws(APIStatus) -> Object {
        var value: Value
        do {
            switch BodyDecoder.mediaType(of: request) {
            case ProtobufEnvelope.mediaType: value = try decoder.deletionOptions(request.body)
            case "application/yaml": value = try YAML.parse(request.body).value
            case "", "application/json": value = try JSON.parse(request.body).value
            default: throw BodyDecoder.unknownFormat
            }
        } catch let status as APIStatus {
            throw status
        } catch let error as JSON.ParseError {
            throw .badRequest("couldn't get version/kind; json parse error: \(error.message)")
        } catch let error as YAML.ParseError {
            throw .badRequest(error.message)
        } catch let error as ProtobufError {
            throw .badRequest(error.message)
        } catch {
            throw .badRequest(String(describing: error))
        }
        guard value.object != nil || value.isNull else { throw .badRequest(BodyDecoder.notAnObject(value)) }
        let kind = value["kind"]?.string ?? ""
        let apiVersion = value["apiVersion"]?.string ?? ""
        if !kind.isEmpty, kind != "DeleteOptions" {
            let scheme = "k8s.io/apimachinery/pkg/apis/meta/internalversion/scheme/register.go:27"
            throw .badRequest(
                "no kind \(kind.goQuoted) is registered for version \((apiVersion.isEmpty ? "v1" : apiVersion).goQuoted) in scheme \(scheme.goQuoted)"
            )
        }
        do {
            _ = try decoder.types.normalize(&value, as: "io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions")
        } catch {
            throw .badRequest(error.message)
        }
        return value.object ?? Object()
    }
}
