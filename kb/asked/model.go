package asked

import (
	"cmp"
	"maps"
	"math"
	"slices"
)

// Model tells which of several labels a text most likely has. Learn makes it; it is not changed after that.
type Model struct {
	labels  []string
	feature map[string]int
	rarity  []float64   // by feature
	weight  [][]float64 // by feature, then by label
	bias    []float64   // by label
}

// Example is a text that a label is known of, as its features.
type Example struct {
	Label    string
	Features []string
}

// Guess is a label and how likely it is, 0 to 1; the guesses of one text add up to 1.
type Guess struct {
	Label string
	P     float64
}

const (
	rounds    = 6    // times that every example is looked at: more make it no better on questions it has not seen
	rate      = 0.9  // how far a weight goes at once
	damping   = 0.3  // what keeps the first steps short
	biasRate  = 0.02 // as rate, of what a label has without any feature
	enough    = 1e-2 // errors below this are left alone
	sharpness = 2    // so few examples make a model shyer than it is wrong: what it holds likely is more so
	unheard   = 0.1  // how much a feature that no example has speaks against being sure, as a part of a rare one
)

// Learn makes a model of examples: multinomial logistic regression over features, weighed by how rare they are, with a
// step of its own for each weight (AdaGrad). The same examples in the same order make the same model.
func Learn(examples []Example) *Model {
	m := &Model{feature: map[string]int{}}
	in, labels := map[string]int{}, map[string]bool{}
	for _, e := range examples {
		labels[e.Label] = true
		for _, f := range distinct(e.Features) {
			in[f]++
		}
	}
	m.labels = slices.Sorted(maps.Keys(labels))
	for _, f := range slices.Sorted(maps.Keys(in)) {
		m.feature[f] = len(m.rarity)
		m.rarity = append(m.rarity, math.Log(1+float64(len(examples))/float64(in[f])))
	}
	m.weight, m.bias = make([][]float64, len(m.rarity)), make([]float64, len(m.labels))
	squares := make([][]float64, len(m.rarity))
	for i := range m.weight {
		m.weight[i], squares[i] = make([]float64, len(m.labels)), make([]float64, len(m.labels))
	}
	vectors := make([][]entry, len(examples))
	for i, e := range examples {
		vectors[i] = m.vector(e.Features)
	}
	order := spread(len(examples))
	for range rounds {
		for _, i := range order {
			right, _ := slices.BinarySearch(m.labels, examples[i].Label)
			m.learn(vectors[i], right, squares)
		}
	}
	return m
}

// learn moves the weights towards one example.
func (m *Model) learn(x []entry, right int, squares [][]float64) {
	for l, p := range m.likely(x) {
		if l == right {
			p--
		}
		if math.Abs(p) < enough {
			continue
		}
		m.bias[l] -= biasRate * p
		for _, e := range x {
			step := p * e.value
			squares[e.feature][l] += step * step
			m.weight[e.feature][l] -= rate * step / (damping + math.Sqrt(squares[e.feature][l]))
		}
	}
}

// spread is an order of n things in which neighbours stand far from each other.
func spread(n int) []int {
	step := 1
	for _, s := range []int{7919, 1009, 101, 7} { // primes
		if n > s && n%s != 0 {
			step = s
			break
		}
	}
	out := make([]int, n)
	for i := range out {
		out[i] = i * step % n
	}
	return out
}

type entry struct {
	feature int
	value   float64
}

// vector is the features of a text that the model knows, by their rarity, at length 1 where it knows all.
func (m *Model) vector(features []string) []entry {
	var out []entry
	whole, rare := 0.0, math.Log(1+float64(len(m.labels)))
	for _, f := range distinct(features) {
		i, ok := m.feature[f]
		if !ok {
			whole += unheard * rare * rare
			continue
		}
		out = append(out, entry{i, m.rarity[i]})
		whole += m.rarity[i] * m.rarity[i]
	}
	for i := range out {
		out[i].value /= math.Sqrt(whole)
	}
	return out
}

// likely is how likely each label is.
func (m *Model) likely(x []entry) []float64 {
	p := slices.Clone(m.bias)
	for _, e := range x {
		for l, w := range m.weight[e.feature] {
			p[l] += w * e.value
		}
	}
	most, sum := slices.Max(p), 0.0
	for l := range p {
		p[l] = math.Exp(p[l] - most)
		sum += p[l]
	}
	for l := range p {
		p[l] /= sum
	}
	return p
}

// Guess is every label with its likelihood, the most likely first; none of a model without examples.
func (m *Model) Guess(features []string) (out []Guess) {
	if len(m.labels) == 0 {
		return nil
	}
	p, sum := m.likely(m.vector(features)), 0.0
	for l := range p {
		p[l] = math.Pow(p[l], sharpness)
		sum += p[l]
	}
	for l := range p {
		out = append(out, Guess{m.labels[l], p[l] / sum})
	}
	slices.SortStableFunc(out, func(a, b Guess) int { return cmp.Compare(b.P, a.P) })
	return out
}

func distinct(list []string) []string { return slices.Compact(slices.Sorted(slices.Values(list))) }
