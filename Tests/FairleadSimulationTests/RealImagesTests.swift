import FairleadClientTesting
import FairleadContainers
import FairleadModel
import Testing

@testable import FairleadSimulation

/// Containers of the simulation's own images, with the commands of Kubernetes' conformance tests.
@Suite struct RealImagesTests {
    private let lab = KubeletLab(hasRealImages: true)

    /// One container that ends: its code, and a part of its log.
    @Test(arguments: [
        (
            #""image":"busybox","command":["sh","-c","env"],"env":[{"name":"A","value":"1"},{"name":"B","value":"$(A);;$(A)"}]"#,
            0, "B=1;;1\n"
        ),
        (
            #""image":"busybox","command":["sh","-c","TEST_VAR=wrong echo \"$(TEST_VAR)\""],"env":[{"name":"TEST_VAR","value":"test-value"}]"#,
            0, "test-value\n"
        ),
        (#""image":"busybox","command":["/bin/true"]"#, 0, ""), (#""image":"busybox","command":["/bin/false"]"#, 1, ""),
        (
            #""image":"busybox","command":["sh","-c","id"],"securityContext":{"runAsUser":1001,"runAsGroup":2002}"#, 0,
            "uid=1001 gid=2002 groups=2002"
        ),
        (
            #""image":"busybox","command":["sh","-c","test $(id -u) -eq 65534"],"securityContext":{"runAsUser":65534}"#,
            0, ""
        ),
        (#""image":"busybox","command":["sh","-c","touch checkfile"]"#, 0, ""),
        (
            #""image":"busybox","command":["sh","-c","touch checkfile"],"securityContext":{"readOnlyRootFilesystem":true}"#,
            1, "Read-only file system"
        ),
        (
            #""image":"busybox","command":["sh","-c","cat /v/data-1 && hexdump -C /v/data-1"],"volumeMounts":[{"name":"v","mountPath":"/v"}]"#,
            0, "value-1"
        ),
        (
            #""image":"busybox","command":["sh","-c","cat /etc/hosts /etc/resolv.conf; hostname"]"#, 0,
            "nameserver 10.96.0.10\n"
        ),
        (
            #""image":"registry.k8s.io/e2e-test-images/agnhost:2.63.0","args":["mounttest","--file_content=/v/data-1","--file_mode=/v/data-1"],"volumeMounts":[{"name":"v","mountPath":"/v"}]"#,
            0, "value-1"
        ),
        (
            #""image":"registry.k8s.io/e2e-test-images/agnhost:2.63.0","args":["mounttest","--fs_type=/m","--file_perm=/m"],"volumeMounts":[{"name":"m","mountPath":"/m"}]"#,
            0, "mount type of \"/m\": tmpfs"
        ),
        (#""image":"busybox""#, 0, ""), (#""image":"busybox","command":["no-such-command"]"#, 128, ""),
        (#""image":"hello-world""#, 0, "Hello from Docker!"),
        (#""image":"busybox","command":["sh","-c","exit 42"]"#, 42, ""),
    ])
    func commands(container: String, code: Int64, text: String) async throws {
        try await lab.run {
            lab.client.put(.configMaps, FixedObjects.configMap("settings", ["data-1": "value-1"]))
            try lab.create(
                "p", #"[{"name":"c",\#(container)}]"#,
                [
                    "restartPolicy": "Never",
                    "volumes": [
                        ["name": "v", "configMap": ["name": "settings"]],
                        ["name": "m", "emptyDir": ["medium": "Memory"]],
                    ],
                ])
            #expect(await lab.waits(for: "p") { PodView($0).isFinished })
            #expect(lab.status(try #require(lab.pod("p"))).at("state", "terminated", "exitCode")?.int == code)
            let log = try #require(lab.log("p"))
            #expect(text.isEmpty ? log.isEmpty : log.contains(text))
        }
    }

    /// Containers that stay, and what can be done in them.
    @Test(arguments: [
        (#""image":"busybox","command":["sleep","600"]"#, "echo running in container", "running in container\n"),
        (#""image":"busybox","command":["sh","-c","echo ok >/tmp/health; sleep 600"]"#, "cat /tmp/health", "ok\n"),
        (#""image":"registry.k8s.io/e2e-test-images/agnhost:2.63.0","args":["pause"]"#, "hostname", "p\n"),
        (#""image":"nginx:1.27""#, "cat /etc/hostname", "p\n"), (#""image":"some/unknown:1.0""#, "echo hi", "hi\n"),
        (#""image":"nginx:1.27""#, "head -n 1 /sys/fs/cgroup/memory.max", "max\n"),
    ])
    func servers(container: String, command: String, text: String) async throws {
        try await lab.run {
            try lab.create("p", #"[{"name":"c",\#(container)}]"#)
            #expect(await lab.isReady("p"))
            // The shell's own files come with its first steps.
            var answer = ""
            for _ in 0..<500 where answer != text {
                answer = try await lab.exec("p", ["/bin/sh", "-c", command]).0
                try await Task.sleep(for: .milliseconds(2))
            }
            #expect(answer == text)
            try await lab.delete("p", grace: 0)
            #expect(await lab.isGone("p"))
        }
    }

    /// Counts its runs in a volume: fails, succeeds, and stays then.
    @Test(arguments: [("Always", 2, "Running"), ("OnFailure", 1, "Succeeded"), ("Never", 0, "Failed")])
    func aVolumeThatSurvivesRestarts(policy: String, restarts: Int64, phase: String) async throws {
        let script = """
            f=/restart-count/counts
            count=$(echo 'hello' >> $f ; wc -l $f | awk {'print $1'})
            if [ $count -eq 1 ]; then
                exit 1
            fi
            if [ $count -eq 2 ]; then
                exit 0
            fi
            while true; do sleep 1; done
            """
        try await lab.run {
            let container: Value = [
                [
                    "name": "c", "image": "busybox", "command": ["sh", "-c", .string(script)],
                    "volumeMounts": [["name": "v", "mountPath": "/restart-count"]],
                ]
            ]
            try lab.create(
                "p", String(decoding: container.jsonBytes, as: UTF8.self),
                [
                    "restartPolicy": .string(policy),
                    "volumes": [["name": "v", "emptyDir": ["medium": "Memory"]]],
                ])
            #expect(
                await lab.waits(for: "p") { pod in
                    pod.text("status", "phase") == phase && lab.status(pod)["restartCount"]?.int == restarts
                        && (phase != "Running" || lab.status(pod).at("state", "running") != nil)
                })
        }
    }

    @Test func probesOfAWebServer() async throws {
        try await lab.run {
            try lab.create(
                "good",
                #"[{"name":"c","image":"nginx","ports":[{"containerPort":80}],"readinessProbe":{"httpGet":{"path":"/","port":80}}}]"#
            )
            try lab.create(
                "bad",
                #"[{"name":"c","image":"nginx","ports":[{"containerPort":80}],"readinessProbe":{"httpGet":{"path":"/none","port":80},"periodSeconds":1}}]"#
            )
            #expect(await lab.isReady("good"))
            #expect(
                await eventually {
                    lab.events("Unhealthy").contains("Readiness probe failed: HTTP probe failed with statuscode: 404")
                })
            #expect(await eventually { lab.log("bad")?.contains("\"GET /none HTTP/1.1\" 404") == true })
        }
    }

    @Test(arguments: [("5000", true), ("5001", false)])
    func gRPC(port: String, isWell: Bool) async throws {
        try await lab.run {
            try lab.create(
                "p",
                #"[{"name":"c","image":"registry.k8s.io/e2e-test-images/agnhost:2.63.0","args":["grpc-health-checking"],"ports":[{"containerPort":5000}],"livenessProbe":{"grpc":{"port":\#(port)},"periodSeconds":1,"failureThreshold":2}}]"#
            )
            #expect(await lab.isReady("p"))
            if isWell {
                try await Task.sleep(for: .milliseconds(100))
                #expect(lab.status(try #require(lab.pod("p")))["restartCount"]?.int == 0)
            } else {
                #expect(await lab.waits(for: "p") { (lab.status($0)["restartCount"]?.int ?? 0) >= 1 })
            }
        }
    }
}
