//! Expressions as data: what each is, in a template that has a bit of everything.

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::wire::yaml;

const TEMPLATE: &str = "
Parameters:
  Image: {Type: String}
  Port: {Type: Number, Default: 80}
  Name: {Type: String, Default: web}
  Empty: {Type: String, Default: ''}
  Zones: {Type: CommaDelimitedList, Default: 'a, b,c'}
  Stored: {Type: 'AWS::SSM::Parameter::Value<String>', Default: /vpc/id}
  Unstored: {Type: 'AWS::SSM::Parameter::Value<String>'}
Mappings:
  Sizes: {small: {cpu: 256, Names: [x, y]}}
Conditions:
  IsWeb: !Equals [!Ref Name, web]
  IsEmpty: !Equals [!Ref Empty, '']
  Not: !Not [!Condition IsWeb]
  Unknown: !Equals [!Ref Image, x]
  Circle: !And [!Condition Circle, !Condition IsWeb]
  OrKnown: !Or [!Condition Unknown, !Condition IsWeb]
  AndKnown: !And [!Condition Unknown, !Condition Not]
  AndUnknown: !And [!Condition Unknown, !Condition IsWeb]
Resources:
  Task: {Type: 'AWS::ECS::TaskDefinition', Properties: {Family: !Sub 'f-${Name}'}}
  Unnamed: {Type: 'AWS::ECS::TaskDefinition', Properties: {}}
  Cluster: {Type: 'AWS::ECS::Cluster', Properties: {ClusterName: prod}}
  Role: {Type: 'AWS::IAM::Role', Properties: {RoleName: r}}
  Group: {Type: 'AWS::Logs::LogGroup', Properties: {LogGroupName: /ecs/web}}
  Queue: {Type: 'AWS::SQS::Queue'}
  A: {Type: 'AWS::S3::Bucket', Properties: {BucketName: !Ref B}}
  B: {Type: 'AWS::S3::Bucket', Properties: {BucketName: !Ref A}}
";

fn evaluated(expression: &str, given: &[&str]) -> String {
    let template = yaml::documents(TEMPLATE).unwrap().remove(0);
    let given = Parameters::parse(given).unwrap();
    let template = Template::of(template.as_object().unwrap()).unwrap();
    let expression = yaml::documents(expression).unwrap().remove(0);
    match Evaluator::new(template, &given).evaluate(&expression) {
        None => "none".to_owned(),
        Some(value) => hole::why(&value).map_or_else(|| value.to_string(), |why| format!("? {why}")),
    }
}

/// What expressions are; a `?` begins why something is not known, of which the end may be left out
fn check(cases: &[(&str, &str)], given: &[&str]) {
    for (expression, expected) in cases {
        let found = evaluated(expression, given);
        let same = if expected.starts_with('?') { found.starts_with(expected) } else { found == *expected };
        assert!(same, "{expression}: {found}, expected {expected}");
    }
}

#[test]
fn references_give_what_the_template_tells() {
    check(
        &[
            ("!Ref Port", "\"80\""),
            ("!Ref Zones", r#"["a","b","c"]"#),
            ("!Ref Image", "? the parameter `Image` has no default; give --parameter Image=…"),
            ("!Ref Stored", "? the parameter `Stored` is read from `/vpc/id` of the SSM parameter store"),
            ("!Ref Unstored", "? the parameter `Unstored` has no default"),
            ("!Ref AWS::NoValue", "none"),
            ("[a, !Ref AWS::NoValue, b]", r#"["a","b"]"#),
            ("{a: !Ref AWS::NoValue, b: 1}", r#"{"b":1}"#),
            ("!Ref AWS::Region", "? `AWS::Region` is known only where the stack is"),
            ("!Ref AWS::Partition", "? `AWS::Partition` follows from the region"),
            ("!Ref Cluster", "\"prod\""),
            ("!Ref Group", "\"/ecs/web\""),
            ("!Ref Queue", "? `!Ref Queue` is known only when the stack is made"),
            ("!Ref Task", "? `!Ref Task` is known only when the stack is made"),
            ("!Ref Nothing", "? `!Ref Nothing` refers to nothing in the template"),
            ("!Ref A", "? `!Ref A` is known only when the stack is made"),
            ("!GetAtt Role.Arn", "? `!GetAtt Role.Arn` is known only when the stack is made"),
            ("!GetAtt [Queue, Arn]", "? `!GetAtt Queue.Arn` is known"),
            ("!GetAtt Queue", "? `!GetAtt Queue`"),
            ("!ImportValue x", "? `!ImportValue x` is exported by another stack"),
            ("!GetAZs ''", "? `!GetAZs`"),
            ("!Transform {Name: AWS::Include}", "? `Fn::Transform` is a macro"),
            ("'{{resolve:ssm:/a:1}}'", "? CloudFormation looks `{{resolve:ssm:/a:1}}` up"),
            (
                "!Sub 'x{{resolve:secretsmanager:${Name}}}'",
                "? CloudFormation looks `{{resolve:secretsmanager:web}}` up",
            ),
        ],
        &[],
    );
}

#[test]
fn what_is_given_is_known() {
    check(
        &[
            ("!Ref Image", "\"nginx\""),
            ("!Ref Stored", "\"vpc-1\""),
            ("!Ref Zones", r#"["d"]"#),
            ("!Ref AWS::Partition", "\"aws-cn\""),
            ("!Ref AWS::URLSuffix", "\"amazonaws.com.cn\""),
            ("!Ref Queue", "\"https://q\""),
            ("!GetAtt Queue.Arn", "\"arn:q\""),
            ("!GetAtt Role.Arn", "\"arn:aws-cn:iam::1:role/r\""),
            ("!GetAtt Cluster.Arn", "\"arn:aws-cn:ecs:cn-north-1:1:cluster/prod\""),
            ("!ImportValue x:y", "\"imported\""),
        ],
        &[
            "Image=nginx",
            "Stored=vpc-1",
            "Zones=d",
            "AWS::Region=cn-north-1",
            "AWS::AccountId=1",
            "Queue=https://q",
            "Queue.Arn=arn:q",
            "x:y=imported",
        ],
    );
}

#[test]
fn functions_compute_what_cloudformation_does() {
    check(
        &[
            ("!Sub 'a-${Name}:${Port}-${!Name}'", "\"a-web:80-${Name}\""),
            ("!Sub ['${X}-${Name}', {X: !Ref Port}]", "\"80-web\""),
            ("!Sub 'a-${Image}'", "? the parameter `Image` has no default"),
            ("!Sub '${Zones}-a'", "? `Zones` is no text"),
            ("!Join ['-', [a, !Ref Port, !Ref AWS::NoValue, 1]]", "\"a-80-1\""),
            ("!Join [',', !Ref Zones]", "\"a,b,c\""),
            ("!Join [',', [a, !Ref Image]]", "? the parameter `Image`"),
            ("!Join [',']", "? the arguments of `Fn::Join`"),
            ("!Split [',', 'a,b']", r#"["a","b"]"#),
            ("!Split ['', 'a']", "? the arguments of `Fn::Split`"),
            ("!Select [1, !Ref Zones]", "\"b\""),
            ("!Select ['0', [known, !Ref Image]]", "\"known\""),
            ("!Select [1, [known, !Ref Image]]", "? the parameter `Image`"),
            ("!Select [3, !Ref Zones]", "? the list has no item 3"),
            ("!Select [0, !GetAZs '']", "? `!GetAZs`"),
            ("!FindInMap [Sizes, small, cpu]", "256"),
            ("!FindInMap [Sizes, small, Names]", r#"["x","y"]"#),
            ("!FindInMap [Sizes, !Ref Name, cpu]", "? the mapping `Sizes` has no `web`, `cpu`"),
            ("!FindInMap [Sizes, big, cpu, {DefaultValue: 1}]", "1"),
            ("!FindInMap [Sizes, !Ref Image, cpu]", "? the parameter `Image`"),
            ("!Base64 foo", "\"Zm9v\""),
            ("Fn::Base64: !Sub '${Name}'", "\"d2Vi\""),
            ("!Cidr [10.0.0.0/16, 2, 8]", r#"["10.0.0.0/24","10.0.1.0/24"]"#),
            ("!Cidr [10.0.0.0/24, 2, 8]", "? `10.0.0.0/24` has no 2 blocks"),
            ("!Length [a, b]", "2"),
            ("!ToJsonString {a: !Ref Port}", r#""{\"a\":\"80\"}""#),
            ("!Nonsense 1", "? `Fn::Nonsense` is no function"),
            (
                "{'Fn::ForEach::L': [X, [a, b], {'k${X}': !Sub '${X}-${Name}', 'r${X}': !Ref X}]}",
                r#"{"ka":"a-web","kb":"b-web","ra":"a","rb":"b"}"#,
            ),
            ("{'Fn::ForEach::L': [X, ['a.b'], {'k&{X}': 1}]}", r#"{"kab":1}"#),
            ("{'Fn::ForEach::O': [X, [a], {'Fn::ForEach::I': [Y, [b], {'${X}${Y}': 1}]}]}", r#"{"ab":1}"#),
        ],
        &[],
    );
}

#[test]
fn conditions_choose_and_what_they_cannot_decide_is_told() {
    check(
        &[
            ("!If [IsWeb, a, b]", "\"a\""),
            ("!If [Not, a, b]", "\"b\""),
            ("!If [IsEmpty, !Ref AWS::NoValue, b]", "none"),
            ("!If [OrKnown, a, b]", "\"a\""),
            ("!If [AndKnown, a, b]", "\"b\""),
            ("!If [AndUnknown, a, b]", "? it depends on a condition, and the parameter `Image` has no default"),
            ("!If [Unknown, a, a]", "\"a\""),
            ("!If [Circle, a, b]", "? it depends on a condition, and `condition Circle` refers to itself"),
            ("!If [Nothing, a, b]", "? it depends on a condition, and the template has no condition `Nothing`"),
            ("!If [a, b]", "? the arguments of `Fn::If`"),
            ("!Equals [80, !Ref Port]", "true"),
        ],
        &[],
    );
}

#[test]
fn references_between_resources_that_are_converted_keep_the_name() {
    let named = |expression: &str| {
        let template = yaml::documents(TEMPLATE).unwrap().remove(0);
        let given = Parameters::default();
        let template = Template::of(template.as_object().unwrap()).unwrap();
        let expression = yaml::documents(expression).unwrap().remove(0);
        hole::named(Evaluator::new(template, &given).evaluate(&expression).unwrap())
    };
    for (expression, expected) in [
        ("!Ref Task", "f-web"),
        ("!GetAtt Task.TaskDefinitionArn", "f-web"),
        ("!Sub '${Task}'", "f-web"),
        ("!If [IsWeb, !Ref Task, x]", "f-web"),
        ("!Ref Unnamed", "unnamed"),
        ("!GetAtt Cluster.Arn", "prod"),
    ] {
        assert_eq!(named(expression), expected, "{expression}");
    }
}

/// Any JSON in which functions and names of the template are frequent
fn expressions() -> impl Strategy<Value = Value> {
    let names =
        ["Image", "Name", "Zones", "A", "B", "Task", "Circle", "Unknown", "AWS::NoValue", "${A}-${Name", "Role.Arn"];
    let leaf = prop_oneof![
        any::<i64>().prop_map(Value::from),
        any::<bool>().prop_map(Value::from),
        proptest::sample::select(names.to_vec()).prop_map(Value::from),
        ".{0,8}".prop_map(Value::from),
        Just(Value::Null),
    ];
    let keys = proptest::sample::select(vec![
        "Ref",
        "Fn::Sub",
        "Fn::Join",
        "Fn::Split",
        "Fn::Select",
        "Fn::If",
        "Fn::And",
        "Fn::Not",
        "Fn::Equals",
        "Condition",
        "Fn::FindInMap",
        "Fn::GetAtt",
        "Fn::Cidr",
        "Fn::Base64",
        "Fn::ForEach::X",
        "Fn::Transform",
        "Fn::ImportValue",
        "Type",
        "Properties",
        "Family",
        "ContainerDefinitions",
        "Targets",
        "EcsParameters",
        "Resources",
        "Conditions",
    ]);
    leaf.prop_recursive(6, 64, 4, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::vec((keys.clone(), inner), 0..3)
                .prop_map(|members| members.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()),
        ]
    })
}

proptest! {
    #[test]
    fn evaluating_never_panics(expression in expressions(), properties in expressions(), condition in expressions()) {
        let template = json!({
            "Parameters": { "Image": {}, "Name": { "Default": "web" }, "Zones": { "Type": "CommaDelimitedList", "Default": "a" } },
            "Conditions": { "Circle": condition, "Unknown": { "Fn::Equals": [{ "Ref": "Image" }, 1] } },
            "Resources": {
                "A": { "Type": "AWS::ECS::TaskDefinition", "Condition": "Circle", "Properties": properties },
                "B": { "Type": "AWS::Events::Rule", "Properties": expression },
                "Task": { "Type": "AWS::ECS::Service", "Properties": { "ServiceName": properties, "TaskDefinition": expression } },
            },
        });
        crate::wire::convert(&template.to_string(), &Parameters::default(), None).unwrap();
        // A lone text may be no document at all
        let _ = crate::wire::convert(&expression.to_string(), &Parameters::default(), None);
    }
}

#[test]
fn what_grows_without_end_is_cut_off() {
    let nested = (0..150).fold("x".to_owned(), |inner, _| format!("${{Name}}{inner}"));
    assert!(evaluated(&format!("!Sub '{nested}'"), &[]).starts_with("\"web"));
    // Each resource is called twice the name of the one before it
    let mut resources = json!({ "R0": { "Type": "AWS::S3::Bucket", "Properties": { "BucketName": "abcdefgh" } } });
    for n in 1..40 {
        let name = json!({ "Fn::Sub": format!("${{R{}}}${{R{}}}", n - 1, n - 1) });
        resources[format!("R{n}")] = json!({ "Type": "AWS::S3::Bucket", "Properties": { "BucketName": name } });
    }
    resources["T"] = json!({ "Type": "AWS::ECS::TaskDefinition", "Properties": { "Family": { "Ref": "R39" } } });
    let converted = crate::wire::convert(&json!({ "Resources": resources }).to_string(), &Parameters::default(), None);
    assert_eq!(converted.unwrap().documents[0].name, "t");
}
