// Decodes Kubernetes manifests strictly, by Kubernetes' own types, and looks at what names what: go run . FILE...
//
// Prints each option and environment variable that a container of ours is given, for whoever knows which there are.
// Exit code 1, and a line each, where something is wrong.
package main

import (
	"encoding/json"
	"fmt"
	"os"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	strict "k8s.io/apimachinery/pkg/runtime/serializer/json"
	"sigs.k8s.io/yaml"
)

var failed bool

func wrong(format string, words ...any) {
	failed = true
	fmt.Fprintf(os.Stderr, format+"\n", words...)
}

type named struct{ kind, name string }

type all struct {
	names     map[named]bool
	pods      []pod
	selectors []selector
	services  map[string]corev1.Service
	ingresses []networkingv1.Ingress
}

type pod struct {
	of       named
	template corev1.PodTemplateSpec
	claims   []corev1.PersistentVolumeClaim
}

type selector struct {
	of     named
	labels labels.Selector
}

func (a *all) selects(of named, by *metav1.LabelSelector) {
	made, err := metav1.LabelSelectorAsSelector(by)
	if err != nil {
		wrong("%v: %v", of, err)
		return
	}
	a.selectors = append(a.selectors, selector{of, made})
}

func (a *all) add(object runtime.Object) {
	meta, _ := object.(metav1.Object)
	of := named{object.GetObjectKind().GroupVersionKind().Kind, meta.GetName()}
	if a.names[of] {
		wrong("%v is there twice", of)
	}
	a.names[of] = true
	switch it := object.(type) {
	case *corev1.Service:
		a.selects(of, &metav1.LabelSelector{MatchLabels: it.Spec.Selector})
		a.services[it.Name] = *it
	case *appsv1.StatefulSet:
		a.pods = append(a.pods, pod{of, it.Spec.Template, it.Spec.VolumeClaimTemplates})
		a.selects(of, it.Spec.Selector)
		if _, is := a.services[it.Spec.ServiceName]; !is {
			wrong("%v: no service %s", of, it.Spec.ServiceName)
		}
	case *appsv1.Deployment:
		a.pods = append(a.pods, pod{of, it.Spec.Template, nil})
		a.selects(of, it.Spec.Selector)
	case *policyv1.PodDisruptionBudget:
		a.selects(of, it.Spec.Selector)
	case *networkingv1.NetworkPolicy:
		a.selects(of, &it.Spec.PodSelector)
	case *networkingv1.Ingress:
		a.ingresses = append(a.ingresses, *it)
	}
}

func (a *all) checkPod(p pod) {
	volumes := map[string]bool{}
	for _, volume := range p.template.Spec.Volumes {
		volumes[volume.Name] = true
	}
	for _, claim := range p.claims {
		volumes[claim.Name] = true
	}
	for _, container := range append(p.template.Spec.InitContainers, p.template.Spec.Containers...) {
		if locked := container.SecurityContext; locked == nil || locked.ReadOnlyRootFilesystem == nil || !*locked.ReadOnlyRootFilesystem {
			wrong("%v: %s may write to its image", p.of, container.Name)
		}
		if container.Resources.Limits.Memory().IsZero() {
			wrong("%v: %s has no limit of memory", p.of, container.Name)
		}
		for _, mount := range container.VolumeMounts {
			if !volumes[mount.Name] {
				wrong("%v: no volume %s", p.of, mount.Name)
			}
		}
		for _, from := range container.EnvFrom {
			if from.ConfigMapRef != nil && !a.names[named{"ConfigMap", from.ConfigMapRef.Name}] {
				wrong("%v: no ConfigMap %s", p.of, from.ConfigMapRef.Name)
			}
		}
		ports := map[string]bool{}
		for _, port := range container.Ports {
			ports[port.Name] = true
		}
		for _, probe := range []*corev1.Probe{container.StartupProbe, container.ReadinessProbe, container.LivenessProbe} {
			if probe != nil && !ports[probe.HTTPGet.Port.StrVal] {
				wrong("%v: a probe asks port %s, which is none", p.of, probe.HTTPGet.Port.StrVal)
			}
		}
		if container.Name == "usher" {
			if container.StartupProbe == nil || container.ReadinessProbe == nil || container.LivenessProbe == nil {
				wrong("%v: a probe is missing", p.of)
			}
			for _, word := range container.Args[1:] {
				fmt.Println(word)
			}
		}
	}
}

func (a *all) check() {
	for _, p := range a.pods {
		a.checkPod(p)
	}
	for _, by := range a.selectors {
		found := false
		for _, p := range a.pods {
			found = found || by.labels.Matches(labels.Set(p.template.Labels))
		}
		if !found {
			wrong("%v selects no pod", by.of)
		}
	}
	for _, ingress := range a.ingresses {
		for _, rule := range ingress.Spec.Rules {
			for _, path := range rule.HTTP.Paths {
				found := false
				for _, port := range a.services[path.Backend.Service.Name].Spec.Ports {
					found = found || port.Name == path.Backend.Service.Port.Name
				}
				if !found {
					wrong("the ingress leads to %s, which is none", path.Backend.Service.Name)
				}
			}
		}
	}
}

func main() {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{corev1.AddToScheme, appsv1.AddToScheme, policyv1.AddToScheme, networkingv1.AddToScheme} {
		if err := add(scheme); err != nil {
			panic(err)
		}
	}
	decoder := strict.NewSerializerWithOptions(strict.DefaultMetaFactory, scheme, scheme, strict.SerializerOptions{Strict: true})
	for _, path := range os.Args[1:] {
		a := all{names: map[named]bool{}, services: map[string]corev1.Service{}}
		text, err := os.ReadFile(path)
		if err != nil {
			panic(err)
		}
		var list struct {
			metav1.TypeMeta
			Items []json.RawMessage `json:"items"`
		}
		if err := yaml.UnmarshalStrict(text, &list); err != nil {
			wrong("%s: %v", path, err)
			continue
		}
		for at, item := range list.Items {
			object, _, err := decoder.Decode(item, nil, nil)
			if err != nil {
				wrong("%s: item %d: %v", path, at, err)
				continue
			}
			a.add(object)
			if options, is := object.(*corev1.ConfigMap); is {
				for name := range options.Data {
					fmt.Println(name)
				}
			}
		}
		if len(list.Items) == 0 {
			wrong("%s: nothing in it", path)
		}
		a.check()
	}
	if failed {
		os.Exit(1)
	}
}
