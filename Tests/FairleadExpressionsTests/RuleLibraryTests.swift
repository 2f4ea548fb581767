import FairleadModel
import Testing

@testable import FairleadExpressions

struct RuleLibraryTests {
    private func evaluate(_ expression: String) throws -> RuleValue {
        var evaluation = RuleEvaluation([:])
        return try evaluation.evaluate(try RuleParser.parse(expression))
    }

    @Test(arguments: [
        "quantity('1Gi').isGreaterThan(quantity('500Mi')) && quantity('1.5k').asInteger() == 1500",
        "quantity('500m').add(quantity('0.5')) == quantity('1') && quantity('3').sub(1).compareTo(quantity('2')) == 0",
        "sign(quantity('-1')) == -1 && !isQuantity('1 Gi') && quantity('1500m').asApproximateFloat() == 1.5",
        "cidr('10.0.0.5/8').masked() == cidr('10.0.0.0/8') && string(cidr('10.0.0.5/8').ip()) == '10.0.0.5'",
        "cidr('10.0.0.0/8').containsIP('10.1.2.3') && !cidr('10.0.0.0/8').containsCIDR('10.0.0.0/7')",
        "isCIDR('fd00::/8') && !isCIDR('010.0.0.0/8') && !isIP('::ffff:1.2.3.4') && ip('::1').family() == 6",
        "ip('127.0.0.1').isLoopback() && !ip.isCanonical('fd00::0') && ip('8.8.8.8').isGlobalUnicast()",
        "url('https://u@h.example:80/p%20q?a=1&a=2&b').getHost() == 'h.example:80'",
        "url('https://[::1]:80/p').getHostname() == '::1' && url('/x').getScheme() == '' && !isURL('../x') && !isURL('')",
        "url('http://h/p?a=1&a=2').getQuery() == {'a': ['1', '2']} && isURL('mailto:x') && !isURL('http://a b/')",
        "'a12b3'.find('[0-9]+') == '12' && 'a12b3'.findAll('[0-9]+') == ['12', '3'] && 'abc'.findAll('x*') == ['', '', '', '']",
        "'aaa'.find('a+?') == 'a' && 'abcd'.find('b|bc') == 'b' && 'xaay'.findAll('a', 1) == ['a'] && 'x'.find('y') == ''",
        "duration('1h30m').getMinutes() == 90 && duration('90s') == duration('1m30s') && string(duration('1.5s')) == '1.5s'",
        "timestamp('2021-01-01T12:30:45.5Z').getDayOfWeek() == 5 && timestamp('2021-03-01T00:00:00Z').getDayOfYear() == 59",
        "timestamp('2020-02-29T23:00:00Z').getDate('+02:00') == 1 && timestamp('2020-01-01T00:00:00Z').getMonth() == 0",
        "timestamp('2020-01-01T00:00:00Z') + duration('24h') == timestamp('2020-01-02T00:00:00Z')",
        "timestamp('2020-01-02T00:00:00Z') - timestamp('2020-01-01T00:00:00Z') == duration('24h')",
        "optional.of(1).hasValue() && !optional.none().hasValue() && optional.ofNonZeroValue('').orValue('x') == 'x'",
        "{'a': 1}[?'b'].orValue(2) == 2 && {'a': 1}.?a.value() == 1 && [?optional.none(), 1] == [1]",
        "optional.of(2).optMap(x, x * 2).value() == 4 && [1, 2][?5].or(optional.of(7)).value() == 7",
        "[3, 1, 2].sort() == [1, 2, 3] && [1, 1, 2].distinct() == [1, 2] && lists.range(3) == [0, 1, 2]",
        "[[1], [2, 3]].flatten() == [1, 2, 3] && [1, 2, 3].slice(1, 3) == [2, 3] && [1, 2].reverse() == [2, 1]",
        "[1, 2].all(i, x, x == i + 1) && [1, 2].transformList(i, x, i * x) == [0, 2]",
        "{'a': 1}.transformMap(k, v, k + string(v)) == {'a': 'a1'} && {'a': 1}.exists(k, v, k == 'a' && v == 1)",
        "'%s %d %.2f %e'.format([dyn('a'), dyn(1), dyn(1234.5), dyn(1000.0)]) == 'a 1 1,234.50 1.000000×10⁰³'",
        "'%s %x %b %%'.format([dyn([dyn(1), dyn('x')]), dyn(255), dyn(5)]) == '[1, x] ff 101 %'",
        "1u + 2u == 3u && b'ab' + b'c' == b'abc' && 0x10 == 16",
        "'a,b,c'.split(',', 2) == ['a', 'b,c'] && 'abab'.lastIndexOf('ab') == 2 && 'abab'.indexOf('b', 2) == 3",
        "int(timestamp('1970-01-01T00:00:10Z')) == 10 && bytes('é').size() == 2 && string(b'ab') == 'ab' && bool('true')",
        "semver('1.2.3-a').isLessThan(semver('1.2.3')) && isSemver('v1.2', true) && !isSemver('01.2.3')",
        "!format.dns1123Label().validate('a-b').hasValue() && format.named('uri').hasValue() && !format.named('x').hasValue()",
        "format.uuid().validate('x').hasValue() && !format.byte().validate('YQ==').hasValue()",
        "type(1) == int && type('x') == string && type(duration('1s')) == google.protobuf.Duration && 1 < 1.5 && 2u > 1",
        "strings.quote('a\"b') == '\"a\\\\\"b\"' && [duration('1s'), duration('2s')].sum() == duration('3s')",
    ])
    func whatLibrariesSayIsTrue(_ rule: String) throws { #expect(try evaluate(rule).isTrue, "\(rule)") }

    @Test(arguments: [
        (
            "quantity('x') == quantity('1')",
            "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
        ),
        ("quantity('1.5').asInteger() == 1", "cannot convert value to integer"),
        (
            "cidr('x').prefixLength() == 1",
            "network address parse error during conversion from string: network address parse error during conversion from string: netip.ParsePrefix(\"x\"): no '/'"
        ),
        (
            "url(':').getHost() == ''",
            "URL parse error during conversion from string: parse \":\": missing protocol scheme"
        ),
        ("duration(dyn('x')) == duration('1s')", "type conversion error from 'string' to 'google.protobuf.Duration'"),
        ("optional.none().value() == 1", "optional.none() dereference"),
        ("duration(9223372036854775807) + duration('1s') == duration('1s')", "duration overflow"),
        (
            "timestamp('9999-12-31T23:59:59Z') + duration('1s') == timestamp('2020-01-01T00:00:00Z')",
            "timestamp overflow"
        ),
        ("18446744073709551615u + 1u == 0u", "unsigned integer overflow"),
        ("1u - 2u == 0u", "unsigned integer overflow"),
        ("[1].slice(0, 5) == []", "cannot slice(0, 5), list is length 1"),
    ])
    func whatFailsSaysWhy(_ rule: String, _ words: String) {
        #expect(throws: RuleError(words)) { try evaluate(rule) }
    }

    @Test(arguments: [
        "lists.range(1000000000).size() > 0",
        "lists.range(2000).map(x, lists.range(2000)).flatten().size() > 0", "lists.range(20000).distinct().size() > 0",
        "lists.range(100000).map(x, -x).sort().size() > 0",
    ])
    func librariesHaveLimitsToo(_ rule: String) {
        #expect(throws: RuleError.tooExpensive) { try evaluate(rule) }
    }
}
