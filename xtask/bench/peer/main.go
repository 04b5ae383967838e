// The exporter's job done once by a plain program over govmomi: what the exporter is compared with.
//
// Logs in, makes a container view, retrieves the inventory in one call, asks for the samples of all powered-on VMs in
// batches, and writes one line of text per value. Then asks for another number of samples. Prints what each part cost as
// one line of JSON.
//
// usage: peer HOST PORT USER PASSWORD BATCH SAMPLES LATER_SAMPLES OUTPUT
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"log"
	"net/url"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/vmware/govmomi"
	"github.com/vmware/govmomi/performance"
	"github.com/vmware/govmomi/property"
	"github.com/vmware/govmomi/view"
	"github.com/vmware/govmomi/vim25/types"
)

// Metric names by counter.
var metrics = map[string]string{
	"virtualDisk.numberWriteAveraged.average": "vcenter_vm_disk_write_iops",
	"virtualDisk.write.average":               "vcenter_vm_disk_write_throughput_kb",
	"virtualDisk.totalWriteLatency.average":   "vcenter_vm_disk_write_latency_ms",
}

type machine struct {
	name, host  string
	provisioned int64
}

// What a part of the work took.
type cost struct {
	Cpu  float64 `json:"cpu_seconds"`
	Wall float64 `json:"wall_seconds"`
}

func main() {
	log.SetFlags(0)
	if len(os.Args) != 9 {
		log.Fatal("usage: peer HOST PORT USER PASSWORD BATCH SAMPLES LATER_SAMPLES OUTPUT")
	}
	batch, samples, laterSamples := number(os.Args[5]), number(os.Args[6]), number(os.Args[7])
	ctx := context.Background()
	started := time.Now()
	client, err := govmomi.NewClient(ctx, &url.URL{
		Scheme: "https",
		Host:   os.Args[1] + ":" + os.Args[2],
		Path:   "/sdk",
		User:   url.UserPassword(os.Args[3], os.Args[4]),
	}, true)
	check(err)
	machines := inventory(ctx, client)
	afterInventory, inventoryCpu := time.Now(), cpu()

	lines := query(ctx, client, machines, batch, samples, os.Args[8])
	afterQuery, queryCpu := time.Now(), cpu()
	query(ctx, client, machines, batch, laterSamples, os.Args[8])
	finished, allCpu := time.Now(), cpu()
	check(client.Logout(ctx))
	check(json.NewEncoder(os.Stdout).Encode(map[string]any{
		"vms":         len(machines),
		"lines":       lines,
		"inventory":   cost{inventoryCpu, afterInventory.Sub(started).Seconds()},
		"query":       cost{queryCpu - inventoryCpu, afterQuery.Sub(afterInventory).Seconds()},
		"later_query": cost{allCpu - queryCpu, finished.Sub(afterQuery).Seconds()},
	}))
}

// All powered-on VMs with the names of their hosts, by one retrieval over a view.
func inventory(ctx context.Context, client *govmomi.Client) map[types.ManagedObjectReference]machine {
	about := client.ServiceContent
	kinds := []string{"VirtualMachine", "HostSystem", "ComputeResource", "Folder", "Datacenter", "VirtualApp"}
	all, err := view.NewManager(client.Client).CreateContainerView(ctx, about.RootFolder, kinds, true)
	check(err)
	response, err := property.DefaultCollector(client.Client).RetrieveProperties(ctx, types.RetrieveProperties{
		SpecSet: []types.PropertyFilterSpec{{
			ObjectSet: []types.ObjectSpec{{
				Obj:       all.Reference(),
				Skip:      types.NewBool(true),
				SelectSet: []types.BaseSelectionSpec{&types.TraversalSpec{Type: all.Reference().Type, Path: "view"}},
			}},
			PropSet: []types.PropertySpec{
				{Type: "ManagedEntity", PathSet: []string{"name", "parent"}},
				{Type: "VirtualMachine", PathSet: []string{
					"runtime.host", "runtime.powerState", "runtime.connectionState", "parentVApp", "config.template",
					"config.managedBy", "config.hardware.device",
				}},
				{Type: "VirtualApp", PathSet: []string{"parentFolder"}},
			},
		}},
	})
	check(err)
	check(all.Destroy(ctx))

	names := map[types.ManagedObjectReference]string{}
	hosts := map[types.ManagedObjectReference]types.ManagedObjectReference{}
	machines := map[types.ManagedObjectReference]machine{}
	for _, object := range response.Returnval {
		found, running := machine{}, false
		for _, property := range object.PropSet {
			switch value := property.Val.(type) {
			case string:
				names[object.Obj] = value
			case types.ManagedObjectReference:
				if property.Name == "runtime.host" {
					hosts[object.Obj] = value
				}
			case types.VirtualMachinePowerState:
				running = value == types.VirtualMachinePowerStatePoweredOn
			case types.ArrayOfVirtualDevice:
				for _, device := range value.VirtualDevice {
					if disk, ok := device.(*types.VirtualDisk); ok {
						found.provisioned += disk.CapacityInBytes
					}
				}
			}
		}
		if running {
			machines[object.Obj] = found
		}
	}
	for moref, found := range machines {
		found.name, found.host = names[moref], names[hosts[moref]]
		machines[moref] = found
	}
	return machines
}

// Writes the means of the last samples of each VM, and returns the number of lines.
func query(
	ctx context.Context, client *govmomi.Client, machines map[types.ManagedObjectReference]machine, batch, samples int,
	path string,
) int {
	manager := performance.NewManager(client.Client)
	counters, err := manager.CounterInfoByName(ctx)
	check(err)
	byId := map[int32]string{}
	var wanted []types.PerfMetricId
	for name, metric := range metrics {
		counter, ok := counters[name]
		if !ok {
			log.Fatalf("no counter %s", name)
		}
		byId[counter.Key] = metric
		wanted = append(wanted, types.PerfMetricId{CounterId: counter.Key, Instance: "*"})
	}

	file, err := os.Create(path)
	check(err)
	output := bufio.NewWriter(file)
	lines := 0
	var specs []types.PerfQuerySpec
	ask := func() {
		answer, err := manager.Query(ctx, specs)
		check(err)
		for _, entity := range answer {
			lines += write(output, entity.(*types.PerfEntityMetricCSV), byId, machines)
		}
		specs = specs[:0]
	}
	for moref := range machines {
		specs = append(specs, types.PerfQuerySpec{
			Entity:     moref,
			MaxSample:  int32(samples),
			MetricId:   wanted,
			IntervalId: 20,
			Format:     string(types.PerfFormatCsv),
		})
		if len(specs) == batch {
			ask()
		}
	}
	if len(specs) > 0 {
		ask()
	}
	check(output.Flush())
	check(file.Close())
	return lines
}

// One line per metric of a VM: the mean over the samples of the sum over the disks.
func write(
	output *bufio.Writer, entity *types.PerfEntityMetricCSV, byId map[int32]string,
	machines map[types.ManagedObjectReference]machine,
) int {
	type total struct{ sum, samples, disks int64 }
	totals := map[int32]total{}
	for _, series := range entity.Value {
		sum := totals[series.Id.CounterId]
		sum.disks++
		for _, text := range strings.Split(series.Value, ",") {
			value, err := strconv.ParseInt(text, 10, 64)
			check(err)
			if value >= 0 {
				sum.sum += value
				sum.samples++
			}
		}
		totals[series.Id.CounterId] = sum
	}
	vm := machines[entity.Entity]
	for id, sum := range totals {
		mean := float64(0)
		if sum.samples > 0 {
			mean = float64(sum.sum) * float64(sum.disks) / float64(sum.samples)
		}
		fmt.Fprintf(output, "%s{vm_name=%q,vm_moref=%q,host=%q} %g\n", byId[id], vm.name, entity.Entity.Value, vm.host, mean)
	}
	fmt.Fprintf(
		output, "vcenter_vm_disk_provisioned_bytes{vm_name=%q,vm_moref=%q,host=%q} %d\n",
		vm.name, entity.Entity.Value, vm.host, vm.provisioned,
	)
	return len(totals) + 1
}

func number(text string) int {
	value, err := strconv.Atoi(text)
	check(err)
	return value
}

// CPU seconds of this process, user and system.
func cpu() float64 {
	var usage syscall.Rusage
	check(syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano()).Seconds()
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
