import FairleadModel
import Testing

@testable import FairleadPrograms

struct ImageReferenceTests {
    @Test(arguments: [
        ("nginx", "docker.io/library/nginx:latest"), ("nginx:1.27", "docker.io/library/nginx:1.27"),
        ("team/app:v1", "docker.io/team/app:v1"), ("registry.k8s.io/pause:3.10.2", "registry.k8s.io/pause:3.10.2"),
        ("localhost/a", "localhost/a:latest"), ("localhost:5000/a/b_c:x", "localhost:5000/a/b_c:x"),
        (
            "ghcr.io/a/b@sha256:" + String(repeating: "a", count: 64),
            "ghcr.io/a/b@sha256:" + String(repeating: "a", count: 64)
        ),
        (
            "a:1@sha256:" + String(repeating: "0", count: 64),
            "docker.io/library/a:1@sha256:" + String(repeating: "0", count: 64)
        ),
    ])
    func reads(text: String, full: String) throws {
        #expect(try ImageReference(text).description == full)
    }

    @Test(arguments: [
        ("", "invalid reference format"), ("a b", "invalid reference format"), ("nginx:", "invalid reference format"),
        ("nginx:la test", "invalid reference format"), ("a//b", "invalid reference format"),
        ("-a", "invalid reference format"), ("a..b/c", "invalid reference format"),
        ("a@sha256:12", "invalid reference format"),
        ("https://example.com/a", "invalid reference format"), (":latest", "invalid reference format"),
        ("Nginx", "invalid reference format: repository name (library/Nginx) must be lowercase"),
        ("quay.io/Team/app", "invalid reference format: repository name (Team/app) must be lowercase"),
    ])
    func refuses(text: String, message: String) {
        #expect(throws: ImageReference.Malformed(message: message)) { try ImageReference(text) }
    }

    @Test(arguments: [
        "foo:non-existent", "webserver:404", "gcr.io/google_samples/gb-redisslave:nonexistent",
        "invalid.registry.k8s.io/invalid/alpine:3.1", "no-such-registry/no-such-image",
        "gcr.io/k8s-authenticated-test/agnhost:2.6", "jocatalin/kubernetes-bootcamp:does-not-exist",
        "gcr.io/google-samples/kubernetes-bootcamp:v10", "nginx:1.161",
    ])
    func cannotBePulled(image: String) throws {
        let failure = try #require(ImagePull.failure(of: image))
        #expect(failure.reason == "ErrImagePull" && failure.isRetried)
        #expect(failure.event.reason == "Failed")
        #expect(failure.event.message.hasPrefix("Failed to pull image \"\(image)\": rpc error: code = "))
        #expect(
            failure.backOffMessage(image: image)
                == "Back-off pulling image \"\(image)\": ErrImagePull: \(failure.message)")
    }

    @Test func failuresHaveTheRuntimesWords() throws {
        #expect(
            ImagePull.failure(of: "webserver:404")?.message
                == "rpc error: code = NotFound desc = failed to pull and unpack image "
                + "\"docker.io/library/webserver:404\": "
                + "failed to resolve reference \"docker.io/library/webserver:404\": "
                + "docker.io/library/webserver:404: not found"
        )
        let lookup = ImagePull.failure(of: "invalid.registry.k8s.io/invalid/alpine:3.1")?.message ?? ""
        #expect(
            lookup.hasSuffix(
                "failed to do request: Head \"https://invalid.registry.k8s.io/v2/invalid/alpine/manifests/3.1\": "
                    + "dial tcp: lookup invalid.registry.k8s.io: no such host"))
        let name = try #require(ImagePull.failure(of: "Nginx:1"))
        #expect(name.reason == "InvalidImageName" && !name.isRetried && name.event.reason == "InspectFailed")
        #expect(
            name.message == "Failed to apply default image tag \"Nginx:1\": couldn't parse image name \"Nginx:1\": "
                + "invalid reference format: repository name (library/Nginx) must be lowercase")
        let never = ImagePull.neverPulled("a:1")
        #expect(never.reason == "ErrImageNeverPull" && never.event.reason == "ErrImageNeverPull")
        #expect(never.message == "Container image \"a:1\" is not present with pull policy of Never")
    }

    @Test(arguments: [
        "nginx", "nginx:latest", "test2", "webhook-added-image", "registry.k8s.io/pause:3.10.2", "nginx:1.16.1",
        "nginx:1.27-alpine", "nginx:stable",
        "gcr.io/google-samples/kubernetes-bootcamp:v1", "docker.io/jocatalin/kubernetes-bootcamp:v2",
    ])
    func canBePulled(image: String) { #expect(ImagePull.failure(of: image) == nil) }

    @Test func whoHasCredentialsMayPull() {
        #expect(ImagePull.failure(of: "gcr.io/k8s-authenticated-test/agnhost:2.6", hasCredentials: true) == nil)
    }

    @Test(arguments: [
        ("nginx", true), ("nginx:1.*", true), ("docker.io/library/nginx:1.27", true), ("docker.io/*", true),
        ("nginx:2*", false), ("quay.io/*", false), ("*", true), ("ngin", false),
    ])
    func listsOfUsersDeny(pattern: String, isDenied: Bool) {
        #expect((ImagePull.failure(of: "nginx:1.27", denied: [pattern]) != nil) == isDenied)
    }

    @Test(arguments: [
        ("*", "", true), ("a*c", "abbc", true), ("a*c", "abcd", false), ("?b", "ab", true), ("?b", "b", false),
        ("*a*b*", "xaxbx", true), ("", "", true), ("", "a", false),
    ])
    func wildcards(pattern: String, text: String, fits: Bool) { #expect(Wildcard.matches(pattern, text) == fits) }
}
