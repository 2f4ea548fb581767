@testable import FairleadKinds
import FairleadModel
import Testing

/// Rows as kube-apiserver v1.36.2 gave them for the same objects.
@Suite struct TableTests {
    private let now = Timestamp(seconds: 1_767_323_045)

    private static func columns(_ resource: String, group: String) throws -> TablePrinter {
        let resource = GroupResource(group: group, resource: resource)
        return try #require(Kind.builtIn.first { $0.groupResource == resource }).columns
    }

    private func cells(_ resource: String, group: String = "", _ json: String) throws -> String {
        var object = try JSON.parse(Array(json.replacing("'", with: "\"").utf8)).value
        if object.creationTimestamp.isEmpty { object.creationTimestamp = "2026-01-02T03:03:00Z" }
        let printer = try Self.columns(resource, group: group)
        return Value.array(printer.row(for: object, now: now)).jsonText.replacing("\"", with: "'")
    }

    private static let spec = "'spec':{'containers':[{'name':'c'}]}"

    @Test(arguments: [
        ("'phase':'Pending'", "'0/1','Pending','0'"),
        (
            "'phase':'Running','containerStatuses':[{'ready':true,'restartCount':0,'state':{'running':{}}}]",
            "'1/1','Running','0'"
        ),
        (
            "'phase':'Succeeded','containerStatuses':[{'state':{'terminated':{'exitCode':0,'reason':'Completed'}}}]",
            "'0/1','Completed','0'"
        ),
        ("'phase':'Failed','reason':'Evicted'", "'0/1','Evicted','0'"),
        (
            "'phase':'Running','containerStatuses':[{'restartCount':3,'state':{'waiting':{'reason':'CrashLoopBackOff'}}}]",
            "'0/1','CrashLoopBackOff','3'"
        ),
        ("'phase':'Failed','containerStatuses':[{'state':{'terminated':{'exitCode':3}}}]", "'0/1','ExitCode:3','0'"),
        (
            "'phase':'Failed','containerStatuses':[{'state':{'terminated':{'exitCode':137,'signal':9}}}]",
            "'0/1','Signal:9','0'"
        ),
        ("'phase':'Unknown','reason':'NodeLost'", "'0/1','NodeLost','0'"),
        ("'phase':'Running','containerStatuses':[{'ready':false,'state':{'running':{}}}]", "'0/1','Running','0'"),
        (
            "'phase':'Pending','conditions':[{'type':'PodScheduled','status':'False','reason':'SchedulingGated'}]",
            "'0/1','SchedulingGated','0'"
        ),
        (
            "'phase':'Running','containerStatuses':[{'ready':true,'restartCount':2,'state':{'running':{}},"
                + "'lastState':{'terminated':{'finishedAt':'2026-01-02T03:01:05Z'}}}]", "'1/1','Running','2 (3m ago)'"
        ),
        (
            "'phase':'Running','containerStatuses':[{'ready':true,'restartCount':1,'state':{'running':{}}},"
                + "{'restartCount':2,'state':{'terminated':{'exitCode':0,'reason':'Completed'}}}]",
            "'1/1','NotReady','3'"
        ),
    ])
    func podColumns(status: String, expected: String) throws {
        let row = try cells("pods", "{'metadata':{'name':'p'},\(Self.spec),'status':{\(status)}}")
        #expect(row == "['p',\(expected),'65s','<none>','<none>','<none>','<none>']")
    }

    @Test(arguments: [
        (
            "[{'name':'i1'},{'name':'i2'}]",
            "'initContainerStatuses':[{'state':{'terminated':{'exitCode':0}}},{'state':{'running':{}}}],"
                + "'containerStatuses':[{'state':{'waiting':{'reason':'PodInitializing'}}}]", "'0/1','Init:1/2','0'"
        ),
        (
            "[{'name':'i1'}]",
            "'initContainerStatuses':[{'restartCount':2,'state':{'terminated':{'exitCode':1,'reason':'Error'}}}]",
            "'0/1','Init:Error','2'"
        ),
        (
            "[{'name':'i1'}]",
            "'initContainerStatuses':[{'restartCount':5,'state':{'waiting':{'reason':'CrashLoopBackOff'}}}]",
            "'0/1','Init:CrashLoopBackOff','5'"
        ),
        (
            "[{'name':'s1','restartPolicy':'Always'}]",
            "'phase':'Running','initContainerStatuses':[{'name':'s1','ready':true,'started':true,'restartCount':1,"
                + "'state':{'running':{}}}],'containerStatuses':[{'ready':true,'state':{'running':{}}}]",
            "'2/2','Running','1'"
        ),
    ])
    func podsWithInitContainers(initContainers: String, status: String, expected: String) throws {
        let row = try cells(
            "pods",
            "{'metadata':{'name':'p'},'spec':{'containers':[{'name':'c'}],'initContainers':\(initContainers)},"
                + "'status':{\(status)}}")
        #expect(row.hasPrefix("['p',\(expected),"))
    }

    @Test func terminatingPodsSaySo() throws {
        let metadata = "'metadata':{'name':'p','deletionTimestamp':'2026-01-02T03:04:05Z'}"
        #expect(try cells("pods", "{\(metadata),\(Self.spec),'status':{'phase':'Running'}}").contains("'Terminating'"))
        #expect(try cells("pods", "{\(metadata),\(Self.spec),'status':{'phase':'Failed'}}").contains("'Failed'"))
        let lost = "'status':{'phase':'Running','reason':'NodeLost'}"
        #expect(try cells("pods", "{\(metadata),\(Self.spec),\(lost)}").contains("'Unknown'"))
    }

    @Test(arguments: [
        (
            "services", "",
            "'spec':{'type':'NodePort','clusterIPs':['10.96.0.2'],'ports':[{'port':80,'nodePort':30031,"
                + "'protocol':'TCP'},{'port':53,'nodePort':30032,'protocol':'UDP'}],'selector':{'app':'a'}}",
            "'NodePort','10.96.0.2','<none>','80:30031/TCP,53:30032/UDP','65s','app=a'"
        ),
        (
            "services", "", "'spec':{'type':'LoadBalancer','clusterIPs':['10.96.0.2']}",
            "'LoadBalancer','10.96.0.2','<pending>','<none>','65s','<none>'"
        ),
        (
            "services", "", "'spec':{'type':'ExternalName','externalName':'a.b'}",
            "'ExternalName','<none>','a.b','<none>','65s','<none>'"
        ),
        (
            "services", "",
            "'spec':{'type':'LoadBalancer','clusterIPs':['None']},'status':{'loadBalancer':{'ingress':"
                + "[{'ip':'2001:db8::1'},{'ip':'192.0.2.1'}]}}",
            "'LoadBalancer','None','192.0.2.1,2001:db8::1','<none>','65s','<none>'"
        ),
        (
            "endpoints", "",
            "'subsets':[{'addresses':[{'ip':'10.20.0.1'},{'ip':'10.20.0.2'},{'ip':'10.20.0.3'},"
                + "{'ip':'10.20.0.4'},{'ip':'10.20.0.5'}],'ports':[{'port':80}]}]",
            "'10.20.0.1:80,10.20.0.2:80,10.20.0.3:80 + 2 more...','65s'"
        ),
        ("endpoints", "", "'subsets':[{'addresses':[{'ip':'fd00::1'}],'ports':[{'port':80}]}]", "'[fd00::1]:80','65s'"),
        ("endpoints", "", "'x':1", "'<none>','65s'"),
        ("endpoints", "", "'subsets':[{'notReadyAddresses':[{'ip':'10.20.0.1'}],'ports':[{'port':80}]}]", "'','65s'"),
        (
            "endpointslices", "discovery.k8s.io",
            "'addressType':'IPv6','endpoints':[{'addresses':['fd00::1']}],"
                + "'ports':[{'port':80},{'port':81},{'port':82},{'port':83}]",
            "'IPv6','80,81,82 + 1 more...','fd00::1','65s'"
        ),
        (
            "endpointslices", "discovery.k8s.io", "'addressType':'IPv4','endpoints':null,'ports':null",
            "'IPv4','<unset>','<unset>','65s'"
        ),
        (
            "endpointslices", "discovery.k8s.io",
            "'addressType':'IPv4','endpoints':[{'addresses':['10.1.1.1']}],"
                + "'ports':[{'name':'any'}]", "'IPv4','any','10.1.1.1','65s'"
        ),
        ("configmaps", "", "'data':{'a':'1'},'binaryData':{'b':''}", "2,'65s'"),
        ("secrets", "", "'type':'Opaque','data':{'k':'','l':'','m':''}", "'Opaque',3,'65s'"),
        ("namespaces", "", "'status':{'phase':'Active'}", "'Active','65s'"),
        ("nodes", "", "'spec':{}", "'Unknown','<none>','65s','','<none>','<none>','<unknown>','<unknown>','<unknown>'"),
        (
            "nodes", "",
            "'spec':{'unschedulable':true},'status':{'conditions':[{'type':'Ready','status':'True'}],"
                + "'addresses':[{'type':'InternalIP','address':'192.0.2.1'}],'nodeInfo':{'kubeletVersion':'v1.36.2',"
                + "'osImage':'Linux','kernelVersion':'6.1','architecture':'amd64','containerRuntimeVersion':'containerd://2.0'}}",
            "'Ready,SchedulingDisabled','<none>','65s','v1.36.2','192.0.2.1','<none>','Linux','6.1 (amd64)',"
                + "'containerd://2.0'"
        ),
        (
            "deployments", "apps",
            "'spec':{'replicas':2,'selector':{'matchLabels':{'app':'a'}},'template':{'spec':"
                + "{'containers':[{'name':'c','image':'img:1'}]}}},'status':{'updatedReplicas':2}",
            "'0/2',2,0,'65s','c','img:1','app=a'"
        ),
        ("replicasets", "apps", "'spec':{'replicas':2},'status':{'replicas':1}", "2,1,0,'65s','','','<none>'"),
        ("leases", "coordination.k8s.io", "'spec':{'holderIdentity':'me'}", "'me','65s'"),
        ("poddisruptionbudgets", "policy", "'spec':{'minAvailable':1}", "'1','N/A',0,'65s'"),
        (
            "resourcequotas", "",
            "'status':{'hard':{'pods':'1','requests.cpu':'1'},'used':{'pods':'1',"
                + "'requests.cpu':'500m'}}", "'pods: 1/1, requests.cpu: 500m/1','','65s'"
        ),
        (
            "ipaddresses", "networking.k8s.io",
            "'spec':{'parentRef':{'group':'','resource':'services','namespace':'n',"
                + "'name':'s'}}", "'services/n/s','65s'"
        ),
        ("limitranges", "", "'spec':{}", "'2026-01-02T03:03:00Z'"),
    ])
    func rows(resource: String, group: String, object: String, expected: String) throws {
        #expect(try cells(resource, group: group, "{'metadata':{'name':'x'},\(object)}") == "['x',\(expected)]")
    }

    @Test func eventsOfBothGroups() throws {
        let core = try cells(
            "events",
            "{'metadata':{'name':'f'},'involvedObject':{'kind':'Service','name':'s','fieldPath':'spec.x'},'reason':'Why',"
                + "'message':' text ','type':'Warning','firstTimestamp':'2026-01-02T03:00:00Z',"
                + "'lastTimestamp':'2026-01-02T03:04:00Z','count':7,'source':{'component':'me','host':'h'}}")
        #expect(core == "['5s','Warning','Why','service/s','spec.x','me, h','text','4m5s',7,'f']")
        let modern = try cells(
            "events", group: "events.k8s.io",
            "{'metadata':{'name':'g'},'regarding':{'kind':'Pod','name':'p'},'reason':'Why','note':'text','type':'Normal',"
                + "'eventTime':'2026-01-02T03:04:00.000000Z','reportingController':'c','reportingInstance':'i',"
                + "'deprecatedFirstTimestamp':null}")
        #expect(modern == "['5s','Normal','Why','pod/p','','c, i','text','5s',1,'g']")
    }

    @Test(
        arguments: [
            (-3, "<invalid>"), (-1, "0s"), (0, "0s"), (119, "119s"), (120, "2m"), (185, "3m5s"), (600, "10m"),
            (10_799, "179m"), (10_800, "3h"), (11_460, "3h11m"), (28_800, "8h"), (172_799, "47h"), (172_800, "2d"),
            (176_400, "2d1h"), (691_200, "8d"), (63_071_999, "729d"), (63_072_000, "2y"), (63_158_400, "2y1d"),
            (315_360_000, "10y"),
        ] as [(Int64, String)])
    func agesAreShort(seconds: Int64, text: String) throws {
        let created = Timestamp(seconds: now.seconds - seconds).rfc3339
        let row = try cells("serviceaccounts", "{'metadata':{'name':'x','creationTimestamp':'\(created)'}}")
        #expect(row == "['x','\(text)']")
    }

    @Test func everyPrinterGivesACellPerColumn() {
        for kind in Kind.builtIn where kind.info.kind != "IPAddress" {
            let printer = kind.columns
            let row = printer.row(for: ["metadata": ["name": "x"]], now: now)
            #expect(row.count == printer.columns.array?.count, "\(kind.info.kind)")
        }
    }
}
